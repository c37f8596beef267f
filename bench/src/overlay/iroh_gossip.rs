//! iroh-gossip 0.101 over iroh, as its documentation says. Signed: the application signs each message and every
//! receiver checks it, because iroh-gossip proves only the neighbour.

use std::sync::Arc;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use iroh::{
    Endpoint, EndpointAddr, EndpointId, RelayMode, address_lookup::memory::MemoryLookup, endpoint::presets,
    protocol::Router,
};
use iroh_gossip::{
    TopicId,
    api::{Event, GossipSender},
    net::Gossip,
};
use n0_future::StreamExt;

use super::{
    case::{Case, Lost},
    harness::Harness,
    node::{Place, Publish, Started},
};

const TOPIC: [u8; 32] = [23; 32];

struct Bound {
    endpoint: Endpoint,
    gossip: Gossip,
    router: Router,
    lookup: MemoryLookup,
}

/// All nodes, joined.
pub async fn start(case: &Case, harness: &Arc<Harness>) -> Result<Started, String> {
    if case.lose > 0 && case.lost == Lost::Mute {
        return Err("iroh-gossip passes everything on: it cannot be made mute".to_owned());
    }
    let places: Vec<Place> = (0..usize::from(case.nodes)).map(|i| Place::of(case, i)).collect();
    let mut bound = Vec::new();
    for place in &places {
        bound.push(place.run(bind()).await?);
    }
    let addresses: Vec<EndpointAddr> = bound.iter().map(|b| address(&b.endpoint)).collect();
    let mut keys = Vec::new();
    for _ in 0..places.len() {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|e| e.to_string())?;
        keys.push(SigningKey::from_bytes(&seed));
    }
    let publics: Arc<Vec<VerifyingKey>> = Arc::new(keys.iter().map(SigningKey::verifying_key).collect());
    let mut publish = Vec::new();
    let mut metrics = Vec::new();
    for (i, (node, key)) in bound.into_iter().zip(keys).enumerate() {
        for address in &addresses {
            node.lookup.add_endpoint_info(address.clone());
        }
        metrics.push(node.gossip.metrics().clone());
        let known: Vec<EndpointId> = case.knows(i).into_iter().map(|j| addresses[j].id).collect();
        let (harness, publics) = (harness.clone(), case.signed.then(|| publics.clone()));
        let sender = places[i].run(join(i, node, known, harness, publics)).await?;
        publish.push(publisher(sender, case.signed.then_some(key)));
    }
    let receptions = move || metrics.iter().map(|m| m.msgs_data_recv.get()).sum();
    Ok(Started { publish, places, receptions: Some(Box::new(receptions)), told: None, facts: None })
}

async fn bind() -> Result<Bound, String> {
    let lookup = MemoryLookup::new();
    let builder =
        Endpoint::builder(presets::Minimal).relay_mode(RelayMode::Disabled).address_lookup(lookup.clone());
    let builder = builder.clear_ip_transports().bind_addr("127.0.0.1:0").map_err(|e| format!("{e:?}"))?;
    let endpoint = builder.bind().await.map_err(|e| format!("{e:?}"))?;
    let gossip = Gossip::builder().spawn(endpoint.clone());
    let router = Router::builder(endpoint.clone()).accept(iroh_gossip::ALPN, gossip.clone()).spawn();
    Ok(Bound { endpoint, gossip, router, lookup })
}

fn address(endpoint: &Endpoint) -> EndpointAddr {
    endpoint
        .bound_sockets()
        .into_iter()
        .fold(EndpointAddr::new(endpoint.id()), |a, socket| a.with_ip_addr(socket))
}

async fn join(
    i: usize,
    node: Bound,
    known: Vec<EndpointId>,
    harness: Arc<Harness>,
    publics: Option<Arc<Vec<VerifyingKey>>>,
) -> Result<GossipSender, String> {
    let topic =
        node.gossip.subscribe(TopicId::from_bytes(TOPIC), known).await.map_err(|e| format!("{e:?}"))?;
    let (sender, mut receiver) = topic.split();
    tokio::spawn(async move {
        let _running = (node.router, node.endpoint);
        while let Some(event) = receiver.next().await {
            let Ok(Event::Received(message)) = event else { continue };
            match &publics {
                None => harness.delivered(i, &message.content),
                Some(publics) => {
                    if let Some(bytes) = checked(publics, &message.content) {
                        harness.delivered(i, bytes);
                    }
                }
            }
        }
    });
    Ok(sender)
}

fn checked<'a>(publics: &[VerifyingKey], content: &'a [u8]) -> Option<&'a [u8]> {
    let (signature, bytes) = content.split_first_chunk::<64>()?;
    let origin = u16::from_be_bytes(bytes.get(8..10)?.try_into().ok()?);
    let key = publics.get(usize::from(origin))?;
    key.verify_strict(bytes, &Signature::from_bytes(signature)).ok()?;
    Some(bytes)
}

fn publisher(sender: GossipSender, key: Option<SigningKey>) -> Publish {
    Arc::new(move |bytes| {
        let (sender, key) = (sender.clone(), key.clone());
        Box::pin(async move {
            let bytes = match key {
                None => bytes,
                Some(key) => [key.sign(&bytes).to_bytes().as_slice(), &bytes].concat(),
            };
            sender.broadcast(bytes.into()).await.is_ok()
        })
    })
}
