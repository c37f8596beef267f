//! Mosquitto, a broker of its own, MQTT 3.1.1 with QoS 1: a topic per mailbox, published and acknowledged, and acknowledged
//! again by who is subscribed. Both ends speak the protocol themselves, with as many messages under way as the broker is let
//! have: no client library costs it anything.
//!
//! Changed from its defaults: no bound on what waits for a subscriber (1,000 otherwise, then messages are dropped though
//! acknowledged), nor on what is under way (20), and small packets are sent at once.

use std::path::Path;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::load::{Line, Owner};
use super::measure::{Run, Shown};
use super::message::{self, MAILBOXES};
use super::server::Server;
use super::{Case, missing};

/// Connections of depositors, and as many of subscribers, each of a part of the topics.
const LINES: u64 = 8;
const WINDOW: u64 = 1_000;
const READ: usize = 64 << 10;
const WRITE: usize = 32 << 10;

const CONNECT: u8 = 0x10;
const CONNACK: u8 = 0x20;
const PUBLISH_QOS_1: u8 = 0x32;
const PUBACK: u8 = 0x40;
const SUBSCRIBE: u8 = 0x82;
const SUBACK: u8 = 0x90;

/// Runs a case. A message to a topic that nobody has subscribed to is acknowledged and dropped, so there is no case without
/// subscribers.
pub async fn run(case: &Case) -> Result<Shown, String> {
    let words = |port: u16, folder: &Path| {
        // As root it would change to an account that cannot read its own folder.
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence false\nlog_dest none\n\
             max_queued_messages 0\nmax_inflight_messages 0\nset_tcp_nodelay true\n"
        );
        let path = folder.join("mosquitto.conf");
        std::fs::write(&path, text).map_err(|e| e.to_string())?;
        Ok(vec!["-c".to_owned(), path.display().to_string()])
    };
    let Some(server) = Server::installed("mosquitto", words).await? else { return Ok(missing("mosquitto")) };
    let (mut lines, mut owners) = (Vec::new(), Vec::new());
    for part in 0..LINES {
        owners.push(Subscriber::open(&server, part, case.size).await?);
        let client = Client::open(&server, &format!("depositor{part}")).await?;
        lines.push(Publisher {
            client,
            size: case.size,
            under_way: vec![0; usize::from(u16::MAX) + 1],
            last: 0,
        });
    }
    let mut ran = Run::of(server.id(), case.plan(WINDOW)).deliveries(lines, owners).await?;
    ran.shown.durability = "in memory alone: lost when broker or machine ends".to_owned();
    Ok(ran.shown)
}

/// A connection to the broker.
struct Client {
    stream: TcpStream,
    heard: BytesMut,
    to_send: Vec<u8>,
}

impl Client {
    async fn open(server: &Server, name: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(("127.0.0.1", server.port)).await.map_err(|e| e.to_string())?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        let mut client = Self { stream, heard: BytesMut::with_capacity(READ), to_send: Vec::new() };
        // Protocol 4 (3.1.1), a clean session, 60 s.
        let mut body = b"\0\x04MQTT\x04\x02\0\x3c".to_vec();
        text(&mut body, name);
        packet(&mut client.to_send, CONNECT, &[&body]);
        client.answered(CONNACK).await?;
        Ok(client)
    }

    /// Sends what waits and hears an answer of this kind, which must be the next packet.
    async fn answered(&mut self, kind: u8) -> Result<(), String> {
        self.send().await?;
        self.hear().await?;
        match self.next()? {
            Some((got, body)) if got == kind && !body.ends_with(&[0x80]) => Ok(()),
            _ => Err("the broker answered otherwise".to_owned()),
        }
    }

    async fn send(&mut self) -> Result<(), String> {
        let bytes = std::mem::take(&mut self.to_send);
        self.stream.write_all(&bytes).await.map_err(|e| e.to_string())
    }

    async fn hear(&mut self) -> Result<(), String> {
        self.heard.reserve(READ);
        match self.stream.read_buf(&mut self.heard).await {
            Ok(0) => Err("the broker hung up".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The next whole packet that was heard.
    fn next(&mut self) -> Result<Option<(u8, Bytes)>, String> {
        let (mut len, mut at) = (0, 1);
        loop {
            let Some(byte) = self.heard.get(at) else { return Ok(None) };
            len |= usize::from(byte & 0x7f) << (7 * (at - 1));
            at += 1;
            if byte & 0x80 == 0 {
                break;
            }
            if at > 4 {
                return Err("a packet without a length".to_owned());
            }
        }
        if self.heard.len() < at + len {
            return Ok(None);
        }
        let mut packet = self.heard.split_to(at + len).freeze();
        let kind = packet[0];
        packet.advance(at);
        Ok(Some((kind, packet)))
    }
}

struct Publisher {
    client: Client,
    size: usize,
    /// The message under each packet id.
    under_way: Vec<u64>,
    last: u16,
}

impl Line for Publisher {
    async fn push(&mut self, n: u64, at_us: u64) -> Result<(), String> {
        // Far more ids than may be under way; 0 is none.
        self.last = self.last.checked_add(1).unwrap_or(1);
        self.under_way[usize::from(self.last)] = n;
        let mut head = Vec::with_capacity(24);
        text(&mut head, &topic(n % MAILBOXES));
        head.put_u16(self.last);
        packet(&mut self.client.to_send, PUBLISH_QOS_1, &[&head, &message::write(n, at_us, self.size)]);
        if self.client.to_send.len() >= WRITE { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), String> {
        self.client.send().await
    }

    async fn answers(&mut self, into: &mut Vec<u64>) -> Result<(), String> {
        self.client.hear().await?;
        while let Some((kind, body)) = self.client.next()? {
            let id = body.first_chunk::<2>().filter(|_| kind == PUBACK).ok_or("not a PUBACK")?;
            into.push(self.under_way[usize::from(u16::from_be_bytes(*id))]);
        }
        Ok(())
    }
}

struct Subscriber {
    client: Client,
    size: usize,
}

impl Subscriber {
    async fn open(server: &Server, part: u64, size: usize) -> Result<Self, String> {
        let mut client = Client::open(server, &format!("owner{part}")).await?;
        let mut body = b"\0\x01".to_vec();
        text(&mut body, &format!("mail/{part}/+"));
        body.push(1);
        packet(&mut client.to_send, SUBSCRIBE, &[&body]);
        client.answered(SUBACK).await?;
        Ok(Self { client, size })
    }
}

impl Owner for Subscriber {
    async fn take(&mut self, into: &mut Vec<u64>) -> Result<(), String> {
        self.client.hear().await?;
        while let Some((kind, mut body)) = self.client.next()? {
            if kind & 0xf0 != PUBLISH_QOS_1 & 0xf0 || body.len() < 2 {
                return Err("not a PUBLISH".to_owned());
            }
            let topic = usize::from(body.get_u16());
            body.advance(topic);
            packet(&mut self.client.to_send, PUBACK, &[&body.split_to(2)]);
            into.push(message::read(&body, self.size)?.1);
        }
        Ok(())
    }

    async fn acknowledge(&mut self) -> Result<(), String> {
        self.client.send().await
    }
}

fn topic(mailbox: u64) -> String {
    format!("mail/{}/{mailbox}", mailbox % LINES)
}

fn text(to: &mut Vec<u8>, text: &str) {
    to.put_u16(text.len() as u16);
    to.put_slice(text.as_bytes());
}

fn packet(to: &mut Vec<u8>, kind: u8, parts: &[&[u8]]) {
    let mut len: usize = parts.iter().map(|part| part.len()).sum();
    to.push(kind);
    while len > 0x7f {
        to.push(len as u8 | 0x80);
        len >>= 7;
    }
    to.push(len as u8);
    parts.iter().for_each(|part| to.put_slice(part));
}
