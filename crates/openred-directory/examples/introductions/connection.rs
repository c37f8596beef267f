//! A client that costs little. Must not know: what is called.

use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Failure;

/// One kept connection; reads just enough of HTTP to know where an answer ends.
pub(crate) struct Connection {
    stream: TcpStream,
    held: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, held: Vec::with_capacity(8 * 1024) })
    }

    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<(), Failure> {
        Ok(self.stream.write_all(request).await?)
    }

    pub(crate) async fn expect(&mut self, status: u16) -> Result<(), Failure> {
        let head = loop {
            if let Some(end) = self.held.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let text = String::from_utf8_lossy(&self.held[..head]).to_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(Ok(0), |length| length.trim().parse())?;
        while self.held.len() < head + length {
            self.more().await?;
        }
        self.held.drain(..head + length);
        if !text.starts_with(&format!("http/1.1 {status} ")) {
            return Err(format!("expected {status}: {}", text.lines().next().unwrap_or_default()).into());
        }
        Ok(())
    }

    async fn more(&mut self) -> Result<(), Failure> {
        let read = tokio::time::timeout(Duration::from_secs(40), self.stream.read_buf(&mut self.held));
        if read.await?? == 0 { Err("the directory hung up".into()) } else { Ok(()) }
    }
}

pub(crate) fn post(path: &str, call: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let body = serde_json::to_vec(call)?;
    let mut request = format!("POST {path} HTTP/1.1\r\nhost: d\r\ncontent-length: {}\r\n\r\n", body.len());
    request.push_str(std::str::from_utf8(&body)?);
    Ok(request.into_bytes())
}
