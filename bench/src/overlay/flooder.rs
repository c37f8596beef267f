//! The neighbour that floods: greets as a neighbour does, then sends messages of its own as fast as it was told to, reads
//! whatever comes and answers nothing. Who is thrown out comes back. Must not know: how the others fare.

use std::{sync::Arc, time::Duration};

use openred_core::{
    frame::Frame as SessionFrame,
    identity::IdentityLog,
    overlay::{Body, Bundle, Draft, Greeting, Head, Kind, Link},
    sign::Signature,
};
use openred_node::net::quic::Way;
use openred_proto::overlay::Config;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{
    apart,
    case::{Case, Flood},
    flood::Span,
    ours::{self, Bound, Known},
};

/// Bytes of a payload: small, so that most of them fit through.
const PAYLOAD: usize = 64;
/// Messages written at once.
const CHUNK: usize = 64;
/// Chunks made beforehand. Beyond its budget nobody remembers them, so that they can be sent again.
const CHUNKS: usize = 2_048;
/// What is made on the way, over the quota: nobody has seen so many, whatever fits through besides.
const FRESH: u64 = 2;
/// Between two looks at what is due.
const TICK: Duration = Duration::from_millis(5);
/// What could not be sent for so long is not sent later.
const BEHIND: Duration = Duration::from_millis(100);
/// After the connection was ended, or could not be had.
const AGAIN: Duration = Duration::from_millis(500);

/// What left in a span.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Sent {
    pub wanted: u64,
    pub messages: u64,
    pub bytes: u64,
    /// Times that the other end ended the connection.
    pub ended: u64,
}

struct Flooder {
    bound: Bound,
    log: IdentityLog,
    victim: Known,
    how: Flood,
    made: u64,
    ready: Vec<Vec<u8>>,
}

/// In the member that floods.
pub async fn run(case: &Case, how: Flood) -> Result<Vec<Sent>, String> {
    let bound = ours::bind().await?;
    let me = serde_json::to_string(&bound.known).map_err(|e| e.to_string())?;
    let everybody: Vec<Known> = tokio::task::block_in_place(|| apart::exchange(&me))?;
    let victim = everybody.into_iter().next().ok_or("nobody to flood")?;
    let log = IdentityLog::parse(&bound.known.entries).map_err(|e| e.to_string())?;
    let mut flooder = Flooder { bound, log, victim, how, made: 0, ready: Vec::new() };
    for _ in 0..CHUNKS {
        let chunk = flooder.chunk()?;
        flooder.ready.push(chunk);
    }
    let _go: String = tokio::task::block_in_place(|| apart::exchange("\"ready\""))?;
    let mut next = Instant::now() + ours::SETTLES + Duration::from_secs(case.warm_s);
    let mut all = Vec::new();
    for span in Span::ALL {
        tokio::time::sleep_until(next).await;
        next += span.with_grace(case);
        let until = Instant::now() + span.lasts(case);
        all.push(flooder.span(span.times() * Config::standard().limits.origin_per_s, until).await?);
    }
    Ok(all)
}

impl Flooder {
    /// Sends so many a second until then.
    async fn span(&mut self, per_s: u64, until: Instant) -> Result<Sent, String> {
        let mut sent = Sent::default();
        if per_s == 0 {
            return Ok(sent);
        }
        let began = Instant::now();
        while Instant::now() < until {
            let ended = tokio::time::timeout_at(until, self.connection(per_s, until, &mut sent)).await;
            if ended.is_err() {
                break;
            }
            sent.ended += 1;
            tokio::time::sleep_until(until.min(Instant::now() + AGAIN)).await;
        }
        sent.wanted = (per_s as f64 * began.elapsed().as_secs_f64()) as u64;
        Ok(sent)
    }

    /// Sends until the other end has had enough.
    async fn connection(&mut self, per_s: u64, until: Instant, sent: &mut Sent) -> Option<()> {
        let addresses = vec![self.victim.address];
        let way = Way { endpoint_id: self.victim.endpoint_id, addresses, near: Vec::new(), relay: None };
        let connection = self.bound.endpoint.dial(&way).await.ok()?;
        let (mut stream, _answers) = connection.open_bi().await.ok()?;
        let listening = connection.clone();
        // Reads on when this ends, until the connection does.
        tokio::spawn(async move {
            let mut opened = Vec::new();
            while let Ok((reply, mut stream)) = listening.accept_bi().await {
                opened.push(reply);
                while let Ok(Some(_)) = stream.read_chunk(1 << 16).await {}
            }
        });
        stream.write_all(&greeting()).await.ok()?;
        let (began, mut due, mut last) = (Instant::now(), 0.0, Instant::now());
        let (fresh_per_s, mut fresh) = ((FRESH * Config::standard().limits.origin_per_s) as f64, 0.0);
        loop {
            tokio::time::sleep(TICK).await;
            let passed = last.elapsed().min(BEHIND);
            last = Instant::now();
            due += per_s as f64 * passed.as_secs_f64();
            // Making messages waits for nothing: nobody else ends this where processors are scarce.
            while due >= CHUNK as f64 && Instant::now() < until {
                due -= CHUNK as f64;
                let chunks = sent.messages / CHUNK as u64;
                let is_fresh = fresh <= began.elapsed().as_secs_f64() * fresh_per_s;
                fresh += if is_fresh { CHUNK as f64 } else { 0.0 };
                let made = if is_fresh { Some(self.chunk().ok()?) } else { None };
                let bytes = made.as_deref().unwrap_or(&self.ready[chunks as usize % CHUNKS]);
                stream.write_all(bytes).await.ok()?;
                sent.messages += CHUNK as u64;
                sent.bytes += bytes.len() as u64;
            }
        }
    }

    fn chunk(&mut self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        for _ in 0..CHUNK {
            bytes.extend(self.message()?);
        }
        Ok(bytes)
    }

    /// One that nobody has seen, in its frame.
    fn message(&mut self) -> Result<Vec<u8>, String> {
        self.made += 1;
        let mut bytes = vec![0; PAYLOAD];
        bytes[..8].copy_from_slice(&self.made.to_be_bytes());
        let now_s = now_s();
        let head = Head {
            kind: Kind::CustomData,
            node_id: self.bound.known.node_id,
            log_seq: self.log.head_seq(),
            signing_key: *self.log.current_key().as_bytes(),
            timestamp: now_s,
            not_after: now_s + 3_600,
        };
        let draft = Draft { head, body: Body::Custom { app: "flood".to_owned(), bytes } };
        let signed_bytes = draft.signed_bytes().map_err(|e| e.to_string())?;
        let bundle = Bundle::of(vec![signed_bytes]).map_err(|e| e.to_string())?;
        let (label, to_sign) = bundle.to_sign();
        let Signature(mut signature) = self.bound.key.sign(label, &to_sign);
        if self.how == Flood::Forged {
            signature[7] ^= 1;
        }
        let message = bundle.sign(Signature(signature)).pop().ok_or("one message makes one")?;
        let frame: Arc<[u8]> = message.shared_frame(9, 1);
        Ok(SessionFrame::Overlay(frame.to_vec()).encode())
    }
}

fn greeting() -> Vec<u8> {
    let greeting = Greeting {
        versions: vec![3],
        network: Config::standard().peers.network,
        light: false,
        now: now_s(),
        peers: Vec::new(),
    };
    SessionFrame::Overlay(Link::Handshake(greeting).encode()).encode()
}

fn now_s() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
