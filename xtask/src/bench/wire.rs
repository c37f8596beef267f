//! One kept connection that sends prepared bytes and reads just enough of the answer: what is measured is the node,
//! not the client, which shares its processors.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    held: Vec<u8>,
}

impl Wire {
    /// Connects to a port of this machine.
    pub(crate) fn open(port: u16) -> Result<Self, String> {
        let stream = TcpStream::connect(("127.0.0.1", port)).map_err(|e| e.to_string())?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|e| e.to_string())?;
        Ok(Self { stream, held: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request and reads the whole answer; the length of its body. Anything but 2xx is a fault.
    pub(crate) fn call(&mut self, request: &[u8]) -> Result<usize, String> {
        self.held.clear();
        self.stream.write_all(request).map_err(|e| e.to_string())?;
        let head = loop {
            if let Some(end) = self.held.windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
            self.more()?;
        };
        let text = String::from_utf8_lossy(&self.held[..head]).to_lowercase();
        if text.contains("transfer-encoding: chunked") {
            return self.chunks(head, &text);
        }
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(Ok(0), |l| l.trim().parse()).map_err(|_| "content-length")?;
        while self.held.len() < head + length {
            self.more()?;
        }
        if text.starts_with("http/1.1 2") {
            return Ok(length);
        }
        Err(String::from_utf8_lossy(&self.held).into_owned())
    }

    /// A packed answer comes in pieces; its length is that of its pieces with their marks.
    fn chunks(&mut self, head: usize, text: &str) -> Result<usize, String> {
        while !self.held.ends_with(b"0\r\n\r\n") {
            self.more()?;
        }
        if text.starts_with("http/1.1 2") { Ok(self.held.len() - head) } else { Err(text.to_owned()) }
    }

    fn more(&mut self) -> Result<(), String> {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(0) => Err("the node hung up".to_owned()),
            Ok(count) => {
                self.held.extend_from_slice(&bytes[..count]);
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn answers_are_read_to_their_end_and_refusals_are_faults() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let node = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for answer in ["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd", "HTTP/1.1 429 Slow\r\n\r\n"] {
                let mut request = [0; 4];
                stream.read_exact(&mut request).unwrap();
                for byte in answer.as_bytes() {
                    stream.write_all(&[*byte]).unwrap();
                }
            }
        });
        let mut wire = Wire::open(port).unwrap();
        assert_eq!(wire.call(b"ping"), Ok(4));
        assert!(wire.call(b"ping").unwrap_err().contains("429"));
        node.join().unwrap();
    }
}
