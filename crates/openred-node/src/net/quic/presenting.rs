//! A relay that carries QUIC for named nodes only is shown the own descriptor when it has refused the endpoint: the
//! descriptor says whose endpoint it is (docs/protocol.md, relay). Other relays never see it.
//!
//! Must not know: how a relay decides.

use std::time::Duration;

use openred_core::descriptor::Descriptor;
use openred_service::http_client::{HttpError, HttpRequest};
use tracing::{debug, warn};
use url::Url;

use super::Endpoint;
use crate::net::Network;

/// Where descriptors are shown.
const PATH: &str = "/api/v1/quic/endpoint";
/// Time for the endpoint to connect again by itself before the descriptor is shown once more.
const AGAIN: Duration = Duration::from_secs(60);

/// Shows the descriptor whenever the endpoint's relay refuses it, until the endpoint is closed.
pub(in crate::net) async fn run(net: Network, endpoint: Endpoint) {
    let stop = net.deps.tasks.soft().clone();
    let mut made = net.own.changes();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = endpoint.closed() => return,
            () = endpoint.refused_by_relay() => {}
        }
        made.mark_unchanged();
        if let (Some(own), Some(relay)) = (certifying(&net, &endpoint), endpoint.relay()) {
            match present(&net, relay, &own).await {
                Ok(()) => debug!("the QUIC relay has the own descriptor now"),
                Err(error) => warn!(%error, "the QUIC relay does not admit this node: ask its owner"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AGAIN) => {}
            _ = made.changed() => {}
        }
    }
}

/// The own descriptor, when it names this endpoint: one that is just being made does not yet.
fn certifying(net: &Network, endpoint: &Endpoint) -> Option<Descriptor> {
    net.own.current().filter(|own| own.body().transport_key == Some(endpoint.id()))
}

async fn present(net: &Network, relay: &str, own: &Descriptor) -> Result<(), HttpError> {
    let mut url = Url::parse(relay).map_err(|_| HttpError::Url)?;
    // The relay protocol stands at the root of its address, and so does this.
    url.set_path(PATH);
    let request = HttpRequest::post(url).body("application/octet-stream", own.bytes().to_vec());
    net.http.send(request).await?.success().map(drop)
}
