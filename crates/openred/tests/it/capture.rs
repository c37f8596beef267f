//! All that goes over the loopback interface, put together again: TCP connections, and datagrams one by one. Needs the right to
//! open packet sockets. Must not know: what is looked for.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::disk::skipped;

/// EtherType of everything, in the order of bytes that `socket(2)` wants.
const ALL: i32 = (libc::ETH_P_ALL as u16).to_be() as i32;
const PACKET_MAX: usize = 1 << 17;
const BUFFER: usize = 64 << 20;
const TCP: u8 = 6;
const UDP: u8 = 17;
const SYN: u8 = 2;

/// A capture that runs.
pub(crate) struct Capture {
    over: Arc<AtomicBool>,
    task: JoinHandle<Traffic>,
}

/// What was seen. Ports are from, to.
#[derive(Default)]
pub(crate) struct Traffic {
    pub(crate) streams: BTreeMap<(u16, u16), Vec<u8>>,
    pub(crate) datagrams: Vec<Vec<u8>>,
    next: BTreeMap<(u16, u16), u32>,
}

impl Capture {
    /// Begins. `None`, and a visible line, for who may not look.
    pub(crate) fn begin() -> Option<Self> {
        let made = Socket::new(Domain::from(libc::AF_PACKET), Type::DGRAM, Some(Protocol::from(ALL)));
        let Ok(mut socket) = made else {
            return skipped("no right to open packet sockets: needs CAP_NET_RAW");
        };
        socket.set_recv_buffer_size(BUFFER).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&over);
        let task = std::thread::spawn(move || {
            let (mut traffic, mut packet) = (Traffic::default(), vec![0; PACKET_MAX]);
            while !until.load(Ordering::SeqCst) {
                match socket.read(&mut packet) {
                    Ok(length) => {
                        let _may_be_of_another_protocol = traffic.take(&packet[..length]);
                    }
                    Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                    Err(error) => panic!("the capture ended: {error}"),
                }
            }
            traffic
        });
        Some(Self { over, task })
    }

    /// Ends it; what was seen.
    pub(crate) fn end(self) -> Traffic {
        self.over.store(true, Ordering::SeqCst);
        self.task.join().unwrap()
    }
}

impl Traffic {
    /// One packet of IPv4. Each is seen twice on loopback: as it goes, and as it comes.
    fn take(&mut self, packet: &[u8]) -> Option<()> {
        if packet.first()? >> 4 != 4 {
            return None;
        }
        let head = usize::from(packet[0] & 0x0f) * 4;
        let whole = usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]));
        // Large segments that the interface cuts itself say no length.
        let packet = if whole == 0 { packet } else { packet.get(..whole)? };
        let (protocol, rest) = (*packet.get(9)?, packet.get(head..)?);
        let port = |at: usize| Some(u16::from_be_bytes([*rest.get(at)?, *rest.get(at + 1)?]));
        let way = (port(0)?, port(2)?);
        match protocol {
            UDP => self.datagrams.push(rest.get(8..)?.to_vec()),
            TCP => {
                let seq = u32::from_be_bytes(rest.get(4..8)?.try_into().ok()?);
                let data = rest.get(usize::from(rest.get(12)? >> 4) * 4..)?;
                self.segment(way, seq, rest[13] & SYN != 0, data);
            }
            _ => {}
        }
        Some(())
    }

    fn segment(&mut self, way: (u16, u16), seq: u32, begins: bool, data: &[u8]) {
        if begins {
            self.next.insert(way, seq.wrapping_add(1));
            return;
        }
        let next = self.next.entry(way).or_insert(seq);
        let known = next.wrapping_sub(seq);
        // Behind what is expected: some of it, or all, was seen before.
        let known = if known < 1 << 31 { known as usize } else { 0 };
        if known < data.len() {
            self.streams.entry(way).or_default().extend_from_slice(&data[known..]);
            *next = seq.wrapping_add(data.len() as u32);
        }
    }
}
