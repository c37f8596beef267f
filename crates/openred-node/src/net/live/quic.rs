//! Either end of a session over QUIC (Annex A.5): items, acknowledgements and the farewell on stream 0, each request on
//! a stream of its own, the overlay on two more.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use iroh::endpoint::{Connection, RecvStream, SendStream};
use openred_core::frame::{Frame, close};
use openred_proto::session::{IDLE_MS, Meter};
use openred_service::lifecycle::Clock;
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;

use super::{Command, Todo, heed, unusable};
use crate::net::{
    conversation::{After, Conversation},
    overlay::Incoming,
    quic::{FAREWELL, Frames, Line, QuicError, link},
};

/// Pieces of streams that wait to be looked at.
const ARRIVALS: usize = 64;
/// Bytes that may wait for a slow peer before nothing more is read of it.
const BACKLOG_MAX: usize = 4 << 20;
/// Age and silence are looked at this often.
const LOOK: Duration = Duration::from_secs(5);
/// A stream that says nothing for this long after it was opened is dropped.
const SILENT: Duration = Duration::from_secs(30);
/// Bytes of the first frame of a stream that the peer opens: a request with an envelope in it, or the overlay's.
const BEGINNING_MAX: usize = 160 << 10;
/// How long a farewell may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// What came on a stream of its own.
enum Arrival {
    /// A request, and where its answer goes.
    Asked { frame: Frame, bytes: u64, reply: SendStream },
    /// More of the answer to an own request.
    Answer { frames: Vec<Frame>, bytes: u64 },
    /// The answer to an own request is over.
    Answered { id: u32 },
    /// The overlay's stream.
    Overlay { frames: Vec<Frame>, stream: Frames },
    /// What has no place where it came.
    Malformed,
}

pub(super) struct OverQuic {
    connection: Connection,
    send: SendStream,
    incoming: Frames,
    talk: Conversation,
    clock: Clock,
    meter: Meter,
    /// When the last frame came or went (monotonic ms).
    heard: u64,
    keep_open: bool,
    /// Bytes for stream 0.
    outgoing: Vec<u8>,
    sent_to: usize,
    /// The peer's requests that wait for their answers.
    asked: BTreeMap<u32, SendStream>,
    /// Tasks of the other streams.
    streams: JoinSet<()>,
    arrivals: (mpsc::Sender<Arrival>, mpsc::Receiver<Arrival>),
    overlay: Option<Arc<Incoming>>,
    overlay_writer: Option<AbortHandle>,
}

impl OverQuic {
    pub(super) fn new(line: Line, talk: Conversation, clock: Clock, keep_open: bool) -> Self {
        let now = clock.monotonic_ms();
        let mut streams = JoinSet::new();
        let (connection, mut overlay, mut overlay_writer) = (line.connection, None, None);
        if let Some((outgoing, incoming)) = line.overlay {
            overlay = Some(Arc::new(incoming));
            let connection = connection.clone();
            overlay_writer = Some(streams.spawn(async move {
                // A broken connection ends the session, which is told.
                let _ = link::write(&connection, outgoing).await;
            }));
        }
        Self {
            connection,
            send: line.send,
            incoming: line.incoming,
            talk,
            clock,
            meter: Meter::new(now),
            heard: now,
            keep_open,
            outgoing: Vec::new(),
            sent_to: 0,
            asked: BTreeMap::new(),
            streams,
            arrivals: mpsc::channel(ARRIVALS),
            overlay,
            overlay_writer,
        }
    }

    pub(super) async fn run(
        &mut self,
        mut commands: mpsc::Receiver<Command>,
        stop: &CancellationToken,
        ended: &CancellationToken,
    ) -> &'static str {
        if let Err(why) = self.fill().await {
            return why;
        }
        loop {
            if let Some(why) = self.over() {
                self.say_goodbye(why).await;
                return why;
            }
            let has_room = self.outgoing.len() - self.sent_to < BACKLOG_MAX;
            let has_bytes = self.sent_to < self.outgoing.len();
            let went = tokio::select! {
                () = stop.cancelled() => { self.say_goodbye(close::IDLE).await; Err("stopped") }
                () = ended.cancelled() => Err("ended"),
                () = tokio::time::sleep(LOOK) => Ok(()),
                command = commands.recv() => self.obey(command).await,
                sent = self.send.write(&self.outgoing[self.sent_to..]), if has_bytes => {
                    sent.map(|bytes| self.sent(bytes)).map_err(|_| "unreachable")
                }
                came = self.incoming.next(), if has_room => self.came(came).await,
                opened = self.connection.accept_bi() => match opened {
                    Ok((reply, stream)) => { self.opened(reply, stream); Ok(()) }
                    Err(_) => Err("unreachable"),
                },
                Some(arrival) = self.arrivals.1.recv() => self.arrived(arrival).await,
                Some(_) = self.streams.join_next() => Ok(()),
            };
            if let Err(why) = went {
                return why;
            }
        }
    }

    /// Why this end closes the session by itself.
    fn over(&self) -> Option<&'static str> {
        let now = self.clock.monotonic_ms();
        let is_initiator = self.connection.side() == iroh::endpoint::Side::Client;
        if self.meter.is_expired(now) || (is_initiator && self.meter.wants_renewal(now)) {
            return Some(close::RENEW);
        }
        let is_used = self.overlay_writer.as_ref().is_some_and(|writer| !writer.is_finished());
        let is_idle = now.saturating_sub(self.heard) > IDLE_MS;
        (is_idle && !is_used && !self.keep_open).then_some(close::IDLE)
    }

    async fn obey(&mut self, command: Option<Command>) -> Result<(), &'static str> {
        match heed(&mut self.talk, command).await? {
            Todo::Send(frames) => self.put(frames),
            // These go by streams of their own.
            Todo::Overlay { .. } => {}
            // A body of the HTTPS API that names this session.
            Todo::Post(posted) => {
                let _ = posted.reply.send(Err(openred_proto::session::ChannelError::Lost));
            }
            Todo::Close(code) => {
                self.say_goodbye(code).await;
                return Err(code);
            }
        }
        Ok(())
    }

    async fn fill(&mut self) -> Result<(), &'static str> {
        let frames = self.talk.next_items().await.map_err(|error| unusable(&error))?;
        self.put(frames);
        Ok(())
    }

    /// Frames on stream 0.
    async fn came(&mut self, came: Result<Vec<Frame>, QuicError>) -> Result<(), &'static str> {
        match came {
            Ok(frames) if frames.is_empty() => Err("closed by the peer"),
            Ok(frames) if frames.iter().all(belongs_to_control) => {
                let bytes = self.incoming.take_count();
                self.act(frames, bytes).await
            }
            Ok(_) | Err(QuicError::Malformed(_)) => {
                self.say_goodbye(close::MALFORMED).await;
                Err(close::MALFORMED)
            }
            Err(_) => Err("unreachable"),
        }
    }

    async fn act(&mut self, frames: Vec<Frame>, bytes: u64) -> Result<(), &'static str> {
        self.heard = self.clock.monotonic_ms();
        self.meter.count(frames.len() as u64, bytes);
        match self.talk.on_frames(frames).await {
            Ok(After::Send(frames)) => {
                self.put(frames);
                Ok(())
            }
            Ok(After::Closed) => Err("closed by the peer"),
            Err(error) => Err(unusable(&error)),
        }
    }

    /// The peer opened a stream: its first frame says what it is for.
    fn opened(&mut self, reply: SendStream, stream: RecvStream) {
        let arrivals = self.arrivals.0.clone();
        self.streams.spawn(async move {
            let mut stream = Frames::at_most(stream, BEGINNING_MAX);
            let arrival = match tokio::time::timeout(SILENT, stream.next()).await {
                Ok(Ok(frames)) => sorted(frames, stream, reply),
                Ok(Err(QuicError::Malformed(_))) => Some(Arrival::Malformed),
                Ok(Err(_)) | Err(_) => None,
            };
            if let Some(arrival) = arrival {
                let _ = arrivals.send(arrival).await;
            }
        });
    }

    async fn arrived(&mut self, arrival: Arrival) -> Result<(), &'static str> {
        match arrival {
            Arrival::Asked { frame, bytes, reply } => {
                let Frame::Request { id, .. } = &frame else { return Ok(()) };
                if self.asked.insert(*id, reply).is_some() {
                    return self.refuse().await;
                }
                self.act(vec![frame], bytes).await
            }
            Arrival::Answer { frames, bytes } => self.act(frames, bytes).await,
            Arrival::Answered { id } => {
                self.talk.unanswered(id);
                Ok(())
            }
            Arrival::Overlay { frames, stream } => {
                if let Some(overlay) = self.overlay.clone() {
                    let arrivals = self.arrivals.0.clone();
                    self.streams.spawn(async move {
                        if let Err(QuicError::Malformed(_)) = link::read(stream, frames, &overlay).await {
                            let _ = arrivals.send(Arrival::Malformed).await;
                        }
                    });
                }
                Ok(())
            }
            Arrival::Malformed => self.refuse().await,
        }
    }

    async fn refuse(&mut self) -> Result<(), &'static str> {
        self.say_goodbye(close::MALFORMED).await;
        Err(close::MALFORMED)
    }

    /// Sends frames, each where it belongs.
    fn put(&mut self, frames: Vec<Frame>) {
        let mut answers = BTreeMap::<u32, Vec<Bytes>>::new();
        for frame in frames {
            let bytes = frame.encode();
            self.heard = self.clock.monotonic_ms();
            self.meter.count(1, bytes.len() as u64);
            match frame {
                Frame::Request { id, .. } => self.ask(id, bytes),
                Frame::Response { id, .. } | Frame::Data { id, .. } => {
                    answers.entry(id).or_default().push(bytes.into());
                }
                _ => self.outgoing.extend(bytes),
            }
        }
        for (id, mut frames) in answers {
            let Some(mut reply) = self.asked.remove(&id) else { continue };
            self.streams.spawn(async move {
                // Who does not want the answer any more has closed the stream.
                if reply.write_all_chunks(&mut frames).await.is_ok() {
                    let _ = reply.finish();
                    let _ = reply.stopped().await;
                }
            });
        }
    }

    /// An own request on a stream of its own; its answer comes back there.
    fn ask(&mut self, id: u32, request: Vec<u8>) {
        let (connection, arrivals) = (self.connection.clone(), self.arrivals.0.clone());
        self.streams.spawn(async move {
            let last = match exchange(&connection, id, &request, &arrivals).await {
                Err(QuicError::Malformed(_)) => Arrival::Malformed,
                Ok(()) | Err(_) => Arrival::Answered { id },
            };
            let _ = arrivals.send(last).await;
        });
    }

    fn sent(&mut self, bytes: usize) {
        self.sent_to += bytes;
        if self.sent_to == self.outgoing.len() {
            self.outgoing.clear();
            self.sent_to = 0;
        } else if self.sent_to >= BACKLOG_MAX {
            self.outgoing.drain(..self.sent_to);
            self.sent_to = 0;
        }
    }

    pub(super) async fn say_goodbye(&mut self, code: &'static str) {
        let close = Frame::Close { code: code.to_owned(), text: String::new() };
        self.outgoing.extend(close.encode());
        let farewell = async {
            if self.send.write_all(&self.outgoing[self.sent_to..]).await.is_ok() {
                let _ = self.send.finish();
                let _ = self.send.stopped().await;
            }
        };
        let _ = tokio::time::timeout(GOODBYE, farewell).await;
    }

    /// Ends the connection, and all that runs on its streams.
    pub(super) fn hang_up(&mut self) {
        self.streams.abort_all();
        self.overlay = None;
        self.connection.close(FAREWELL, b"");
    }
}

/// Frames that stream 0 may carry once FIRST has opened.
fn belongs_to_control(frame: &Frame) -> bool {
    matches!(frame, Frame::Item(_) | Frame::Ack(_) | Frame::Close { .. })
}

/// What the beginning of a stream makes of it; nothing for one that says nothing.
fn sorted(frames: Vec<Frame>, mut stream: Frames, reply: SendStream) -> Option<Arrival> {
    if frames.is_empty() {
        return None;
    }
    if frames.iter().all(|frame| matches!(frame, Frame::Overlay(_))) {
        return Some(Arrival::Overlay { frames, stream: stream.of_any_length() });
    }
    let bytes = stream.take_count();
    match <[Frame; 1]>::try_from(frames) {
        Ok([frame @ Frame::Request { .. }]) => Some(Arrival::Asked { frame, bytes, reply }),
        _ => Some(Arrival::Malformed),
    }
}

/// One request and its answer.
async fn exchange(
    connection: &Connection,
    id: u32,
    request: &[u8],
    arrivals: &mpsc::Sender<Arrival>,
) -> Result<(), QuicError> {
    let broken = |error: &dyn std::fmt::Display| QuicError::Broken(error.to_string());
    let (mut send, answer) = connection.open_bi().await.map_err(|e| broken(&e))?;
    send.write_all(request).await.map_err(|e| broken(&e))?;
    send.finish().map_err(|e| broken(&e))?;
    let mut answer = Frames::new(answer);
    loop {
        let frames = answer.next().await?;
        if frames.is_empty() {
            return Ok(());
        }
        let is_answer = |frame: &Frame| match frame {
            Frame::Response { id: of, .. } | Frame::Data { id: of, .. } => *of == id,
            _ => false,
        };
        if !frames.iter().all(is_answer) {
            return Err(QuicError::Malformed("not the answer to this request".to_owned()));
        }
        let bytes = answer.take_count();
        if arrivals.send(Arrival::Answer { frames, bytes }).await.is_err() {
            return Ok(());
        }
    }
}
