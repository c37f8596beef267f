//! `POST /api/v1/message/relay`, one message per call and one call after another on each connection, as lean as a call can
//! be: the server is measured, not its caller. For our relay and for the plain server that it is held against.

use std::sync::Arc;

use openred_core::ids::{Hash, b64_encode};
use openred_relay::client::Lane;
use openred_relay::mailbox::CapMac;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::load::Line;
use super::message;
use super::openred::name;

/// Connections.
pub const CALLERS: usize = 256;

/// A connection.
#[derive(Debug)]
pub struct PostLine {
    stream: TcpStream,
    lanes: Arc<Vec<Lane>>,
    size: usize,
    request: Vec<u8>,
    heard: Vec<u8>,
    under_way: u64,
}

impl PostLine {
    /// Connects all callers.
    pub async fn open_all(port: u16, lanes: &Arc<Vec<Lane>>, size: usize) -> Result<Vec<Self>, String> {
        let mut lines = Vec::new();
        for _ in 0..CALLERS {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|e| e.to_string())?;
            stream.set_nodelay(true).map_err(|e| e.to_string())?;
            let (lanes, request, heard) = (Arc::clone(lanes), Vec::new(), Vec::with_capacity(1_024));
            lines.push(Self { stream, lanes, size, request, heard, under_way: 0 });
        }
        Ok(lines)
    }
}

impl Line for PostLine {
    async fn push(&mut self, n: u64, at_us: u64) -> Result<(), String> {
        let lane = &self.lanes[n as usize % self.lanes.len()];
        let (name, content) = (name(n), message::write(n, at_us, self.size));
        let mac = CapMac::of(&lane.cap, &lane.deposit_id, &name, &Hash::of(&[&content])).to_header();
        let body = format!(
            r#"{{"from_address":"","to_address":"{}","encrypted_content":"{}","message_type":"sealed","client_id":"{name}"}}"#,
            lane.deposit_id,
            b64_encode(&content),
        );
        let head = format!(
            "POST /api/v1/message/relay HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\nAuthorization: {mac}\r\nContent-Length: {}\r\n\r\n",
            body.len(),
        );
        self.request = [head.as_bytes(), body.as_bytes()].concat();
        self.under_way = n;
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), String> {
        let request = std::mem::take(&mut self.request);
        self.stream.write_all(&request).await.map_err(|e| e.to_string())
    }

    async fn answers(&mut self, into: &mut Vec<u64>) -> Result<(), String> {
        // The answer ends with its body, `}`.
        while self.heard.last() != Some(&b'}') {
            match self.stream.read_buf(&mut self.heard).await {
                Ok(0) => return Err("the server closed the connection".to_owned()),
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        if !self.heard.starts_with(b"HTTP/1.1 202") {
            return Err(String::from_utf8_lossy(&self.heard).into_owned());
        }
        self.heard.clear();
        into.push(self.under_way);
        Ok(())
    }
}
