//! The bare disk over TCP: `[u32 length][content]` in, `[u32 count]` out when so many more are on disk. What no store can
//! beat on this machine that brings every message to disk.

use std::path::Path;

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::load::Line;
use super::{group, message};

/// Connections of depositors.
pub const LINES: usize = 4;
/// Bytes read at once: as the socket's buffer holds.
const READ: usize = 256 << 10;
/// Bytes written at once by the depositor.
const WRITE: usize = 64 << 10;

/// Serves until it is dropped.
pub async fn serve(listener: TcpListener, folder: &Path) -> Result<(), String> {
    let orders = group::start(folder)?;
    loop {
        let (stream, _) = listener.accept().await.map_err(|e| e.to_string())?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        let (reader, writer) = stream.into_split();
        // Bounded by what a depositor has under way.
        let (counts, counted) = mpsc::unbounded_channel();
        tokio::spawn(answer(writer, counted));
        tokio::spawn(read(reader, orders.clone(), counts));
    }
}

async fn read(
    mut reader: OwnedReadHalf,
    orders: mpsc::Sender<group::Order>,
    counts: mpsc::UnboundedSender<u32>,
) {
    let mut held = BytesMut::with_capacity(READ);
    loop {
        held.reserve(READ);
        if !matches!(reader.read_buf(&mut held).await, Ok(1..)) {
            return;
        }
        let (len, count) = whole(&held);
        if count > 0 {
            let (frames, counts) = (held.split_to(len).freeze(), counts.clone());
            let then = Box::new(move || {
                let _depositor_may_have_left = counts.send(count);
            });
            if orders.send((frames, then)).await.is_err() {
                return;
            }
        }
    }
}

/// Bytes of the whole frames, and how many they are.
fn whole(bytes: &[u8]) -> (usize, u32) {
    let (mut at, mut count) = (0, 0);
    while let Some(len) = bytes[at..].first_chunk::<4>() {
        let end = at + 4 + u32::from_be_bytes(*len) as usize;
        if end > bytes.len() {
            break;
        }
        (at, count) = (end, count + 1);
    }
    (at, count)
}

async fn answer(mut writer: OwnedWriteHalf, mut counted: mpsc::UnboundedReceiver<u32>) {
    while let Some(mut count) = counted.recv().await {
        while let Ok(more) = counted.try_recv() {
            count += more;
        }
        if writer.write_u32(count).await.is_err() {
            return;
        }
    }
}

/// All contents of a file that was written by [`serve`], as they are on disk.
pub fn read_all(folder: &Path) -> Result<Vec<Bytes>, String> {
    let mut bytes = Bytes::from(std::fs::read(group::file(folder)).map_err(|e| e.to_string())?);
    let mut all = Vec::new();
    // What was written in advance is zeros.
    while let Some(len) = bytes.first_chunk::<4>().map(|len| u32::from_be_bytes(*len) as usize)
        && len > 0
    {
        bytes.advance(4);
        all.push(bytes.split_to(len.min(bytes.len())));
    }
    Ok(all)
}

/// Those for one mailbox.
pub fn of_mailbox(all: &[Bytes], mailbox: usize) -> Result<Vec<Bytes>, String> {
    let is_his = |bytes: &&Bytes| {
        let head = bytes.first_chunk::<8>().copied().unwrap_or_default();
        message::mailbox(u64::from_le_bytes(head)) == mailbox
    };
    Ok(all.iter().filter(is_his).cloned().collect())
}

/// A depositor's end.
#[derive(Debug)]
pub struct DiskLine {
    stream: TcpStream,
    size: usize,
    waiting: BytesMut,
    heard: BytesMut,
    under_way: std::collections::VecDeque<u64>,
}

impl DiskLine {
    /// Connects; messages have `size` bytes.
    pub async fn open(port: u16, size: usize) -> Result<Self, String> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|e| e.to_string())?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        let (waiting, heard, under_way) = Default::default();
        Ok(Self { stream, size, waiting, heard, under_way })
    }
}

impl Line for DiskLine {
    async fn push(&mut self, n: u64, at_us: u64) -> Result<(), String> {
        self.waiting.extend_from_slice(&(self.size as u32).to_be_bytes());
        self.waiting.extend_from_slice(&message::write(n, at_us, self.size));
        self.under_way.push_back(n);
        if self.waiting.len() >= WRITE { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), String> {
        while !self.waiting.is_empty() {
            self.stream.writable().await.map_err(|e| e.to_string())?;
            match self.stream.try_write(&self.waiting) {
                Ok(written) => self.waiting.advance(written),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }

    async fn answers(&mut self, into: &mut Vec<u64>) -> Result<(), String> {
        while self.heard.len() < 4 {
            self.stream.readable().await.map_err(|e| e.to_string())?;
            match self.stream.try_read_buf(&mut self.heard) {
                Ok(0) => return Err("the server hung up".to_owned()),
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        while self.heard.len() >= 4 {
            let count = self.heard.get_u32() as usize;
            into.extend(self.under_way.drain(..count));
        }
        Ok(())
    }
}
