//! libp2p gossipsub over TCP with Noise and Yamux, strict signatures. Changed from the defaults, in its favour: longer
//! queues towards each neighbour, because the default drops messages at this load.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use libp2p::{
    Multiaddr, Swarm, SwarmBuilder, futures::StreamExt, gossipsub, gossipsub::MessageAcceptance,
    identity::Keypair, noise, swarm::SwarmEvent, tcp, yamux,
};
use tokio::sync::{mpsc, oneshot};

use super::{
    case::Case,
    harness::Harness,
    node::{Place, Publish, Started},
};

enum Command {
    Dial(Multiaddr),
    Publish(Vec<u8>, oneshot::Sender<bool>),
}

/// All nodes, connected.
pub async fn start(case: &Case, harness: &Arc<Harness>) -> Result<Started, String> {
    let places: Vec<Place> = (0..usize::from(case.nodes)).map(|i| Place::of(case, i)).collect();
    let mut commands = Vec::new();
    let mut addresses = Vec::new();
    for (i, place) in places.iter().enumerate() {
        let (send, receive) = mpsc::channel(1024);
        let (tell, told) = oneshot::channel();
        let node = run(i, receive, tell, harness.clone(), place.mute());
        place.run(async move { drop(tokio::spawn(node)) }).await;
        commands.push(send);
        addresses.push(told.await.map_err(|e| e.to_string())?);
    }
    for (i, command) in commands.iter().enumerate() {
        for j in case.knows(i) {
            let _ = command.send(Command::Dial(addresses[j].clone())).await;
        }
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let publish = commands.into_iter().map(publisher).collect();
    Ok(Started { publish, places, receptions: None, told: None, facts: None })
}

fn swarm(may_be_mute: bool) -> Result<Swarm<gossipsub::Behaviour>, String> {
    let swarm = SwarmBuilder::with_existing_identity(Keypair::generate_ed25519())
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .map_err(|e| e.to_string())?
        .with_behaviour(|key| {
            let mut config = gossipsub::ConfigBuilder::default();
            if may_be_mute {
                config.validate_messages();
            }
            let config = config
                .validation_mode(gossipsub::ValidationMode::Strict)
                .connection_handler_queue_len(50_000)
                .publish_queue_duration(Duration::from_secs(30))
                .forward_queue_duration(Duration::from_secs(30))
                .build()?;
            Ok(gossipsub::Behaviour::new(gossipsub::MessageAuthenticity::Signed(key.clone()), config)?)
        })
        .map_err(|e| e.to_string())?
        .build();
    Ok(swarm)
}

async fn run(
    i: usize,
    mut commands: mpsc::Receiver<Command>,
    tell: oneshot::Sender<Multiaddr>,
    harness: Arc<Harness>,
    mute: Option<Arc<AtomicBool>>,
) {
    let mut swarm = swarm(mute.is_some()).expect("a swarm");
    let topic = gossipsub::IdentTopic::new("bench");
    swarm.behaviour_mut().subscribe(&topic).expect("one topic");
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse().expect("an address")).expect("a port");
    let mut tell = Some(tell);
    loop {
        tokio::select! {
            event = swarm.select_next_some() => match event {
                SwarmEvent::NewListenAddr { address, .. } => {
                    if let Some(tell) = tell.take() {
                        let _ = tell.send(address);
                    }
                }
                SwarmEvent::Behaviour(gossipsub::Event::Message { message, message_id, propagation_source }) => {
                    harness.delivered(i, &message.data);
                    if let Some(mute) = &mute {
                        let on = if mute.load(Relaxed) { MessageAcceptance::Ignore } else { MessageAcceptance::Accept };
                        swarm.behaviour_mut().report_message_validation_result(&message_id, &propagation_source, on);
                    }
                }
                _ => {}
            },
            command = commands.recv() => match command {
                Some(Command::Dial(address)) => drop(swarm.dial(address)),
                Some(Command::Publish(bytes, reply)) => {
                    let _ = reply.send(swarm.behaviour_mut().publish(topic.clone(), bytes).is_ok());
                }
                None => return,
            }
        }
    }
}

fn publisher(commands: mpsc::Sender<Command>) -> Publish {
    Arc::new(move |bytes| {
        let commands = commands.clone();
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            commands.send(Command::Publish(bytes, reply)).await.is_ok() && answer.await.unwrap_or(false)
        })
    })
}
