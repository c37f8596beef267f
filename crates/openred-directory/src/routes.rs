//! Envelopes on their way from one node to another: verified, handed on, forgotten.
//!
//! Nothing of an envelope is written, queued or logged; who sends it waits for the answer. Only a node that says it
//! takes envelopes outside of sessions is called: capability `orf_intake`
//! (docs/decisions/0015-directory-api-v1.md). Must not know: SQL, the directory's own routes.

use std::sync::Arc;

use openred_core::envelope::Verified;
use openred_core::ids::B64;
use openred_service::http_client::{AllowPrivate, HttpError, HttpRequest};
use openred_service::limits::SlowDown;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use url::Url;

use crate::bounds::{MAX_ROUTES, MAX_ROUTES_PER_HOST_PER_MINUTE, ROUTE_TIMEOUT_MS};
use crate::counters::Counters;
use crate::nodes::Node;
use crate::outward::Outward;

/// What a node's descriptor says when it takes envelopes outside of sessions.
pub(crate) const INTAKE: &str = "orf_intake";

/// Who carries.
#[derive(Debug)]
pub(crate) struct Courier {
    outward: Outward,
    places: Semaphore,
    counters: Arc<Counters>,
}

/// Why an envelope did not arrive.
#[derive(Debug)]
pub(crate) enum NotCarried {
    /// The node takes envelopes in sessions only, as all do that do not say otherwise.
    SessionsOnly,
    /// Too many to this host.
    SlowDown(SlowDown),
    /// Too many under way.
    Busy,
    /// The node did not take it, did not answer, or may not be called.
    Upstream(HttpError),
}

/// Body of the call to the node.
#[derive(Serialize)]
struct IntakeCall {
    envelope: B64,
}

#[derive(Deserialize)]
struct IntakeAnswer {
    received: bool,
}

impl Courier {
    /// With a client of its own. The error is [`HttpError::Setup`].
    pub(crate) fn new(allow_private: AllowPrivate, counters: Arc<Counters>) -> Result<Self, HttpError> {
        let outward = Outward::new(allow_private, ROUTE_TIMEOUT_MS, MAX_ROUTES_PER_HOST_PER_MINUTE)?;
        Ok(Self { outward, places: Semaphore::new(MAX_ROUTES), counters })
    }

    /// Hands `envelope` to `node` and waits until it has taken it.
    pub(crate) async fn carry(
        &self,
        node: &Node,
        envelope: &Verified,
        mono_ms: u64,
    ) -> Result<(), NotCarried> {
        let url = intake_of(node).ok_or(NotCarried::SessionsOnly)?;
        let _place = self.places.try_acquire().map_err(|_| NotCarried::Busy)?;
        self.outward.admit(&url, mono_ms).map_err(NotCarried::SlowDown)?;
        let carried = self.call(url, envelope).await;
        let counter = if carried.is_ok() { &self.counters.routed } else { &self.counters.route_failed };
        counter.add();
        carried.map_err(NotCarried::Upstream)
    }

    async fn call(&self, url: Url, envelope: &Verified) -> Result<(), HttpError> {
        let call = IntakeCall { envelope: B64(envelope.canonical().to_vec()) };
        let request = HttpRequest::post(url).json(&call).map_err(|_| HttpError::Malformed)?;
        let answer: IntakeAnswer = self.outward.send(request).await?.success()?.json()?;
        if answer.received { Ok(()) } else { Err(HttpError::Malformed) }
    }
}

/// Where a node takes envelopes, if it does.
fn intake_of(node: &Node) -> Option<Url> {
    let body = node.descriptor.body();
    let takes = body.capabilities.iter().any(|capability| capability == INTAKE);
    let api_url = body.api_url.as_deref().filter(|_| takes)?;
    Url::parse(&format!("{}/p2p/message/send", api_url.trim_end_matches('/'))).ok()
}
