//! Listening: HTTP/1 and HTTP/2 over accepted connections, with bounds and a graceful stop. Knows connections; must
//! not know any route.

mod caller;
mod places;

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::lifecycle::Lifecycle;
use places::Places;

/// Bounds of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// Connections at a time; more are closed at once.
    pub connections_max: usize,
    /// Connections at a time from one /24 or /48; loopback (a proxy in front) is not counted.
    pub connections_per_prefix_max: usize,
    /// From the first byte of a request to the end of its headers; also how long an idle connection is kept.
    pub header_timeout: Duration,
    /// Between two pieces of a request's body.
    pub body_timeout: Duration,
    /// Requests at a time on one HTTP/2 connection.
    pub streams_max: u32,
    /// A reverse proxy on this machine is in front and appends the caller's address to `X-Forwarded-For`. Without
    /// such a proxy anybody could claim any address: off by default.
    pub behind_proxy: bool,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections_max: 1024,
            connections_per_prefix_max: 64,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(20),
            streams_max: 100,
            behind_proxy: false,
        }
    }
}

/// After a failed accept (no descriptors left) the listener rests, so that it does not spin.
const ACCEPT_REST: Duration = Duration::from_millis(100);
const HTTP1_BUFFER_BYTES_MAX: usize = 64 * 1024;
const HTTP2_HEADER_BYTES_MAX: u32 = 32 * 1024;
const HTTP2_KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Serves `app` on `listener` until the stop of `lifecycle`: then nothing new is accepted and requests in progress
/// are finished. Handlers find the caller's address as `ConnectInfo<SocketAddr>` (port 0 when a proxy told it).
pub fn serve(lifecycle: &Lifecycle, listener: TcpListener, app: Router, limits: ServerLimits) {
    let app = app.layer(RequestBodyTimeoutLayer::new(limits.body_timeout));
    let server = Server { lifecycle: lifecycle.clone(), app, limits, places: Places::new(&limits) };
    lifecycle.spawn("listener", server.run(listener));
}

/// Things that are to live until the connection of a request is closed and its buffers are freed. Among the extensions of
/// each request.
#[derive(Clone, Default)]
pub struct UntilClosed(Arc<Mutex<Vec<Box<dyn Any + Send>>>>);

impl fmt::Debug for UntilClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UntilClosed")
    }
}

impl UntilClosed {
    /// Drops `thing` when the connection is closed.
    pub fn keep(&self, thing: impl Send + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(thing));
    }
}

struct Server {
    lifecycle: Lifecycle,
    app: Router,
    limits: ServerLimits,
    places: Places,
}

impl Server {
    async fn run(self, listener: TcpListener) {
        let stop = self.lifecycle.soft().clone();
        while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
            match accepted {
                Ok((stream, address)) => self.accept(stream, address),
                Err(error) => rest(&error).await,
            }
        }
    }

    fn accept(&self, stream: TcpStream, address: SocketAddr) {
        let Some(place) = self.places.take(address.ip()) else {
            metrics::counter!("openred_connections_refused_total").increment(1);
            return;
        };
        let _latency_is_not_vital = stream.set_nodelay(true);
        let connection = connection(stream, address, self.app.clone(), self.limits, self.lifecycle.clone());
        self.lifecycle.spawn_one_of_many("connection", async move {
            connection.await;
            drop(place);
        });
    }
}

/// Serves one connection; at the soft stop it finishes what is begun.
async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    app: Router,
    limits: ServerLimits,
    lifecycle: Lifecycle,
) {
    // Before the connection, and so dropped after it.
    let until_closed = UntilClosed::default();
    let service = service_fn(|request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(until_closed.clone());
        answer(app.clone(), request, address, limits.behind_proxy)
    });
    let builder = builder(&limits);
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = lifecycle.soft().cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%address, %error, "A connection ended early.");
    }
}

fn answer(
    app: Router,
    mut request: Request<Body>,
    address: SocketAddr,
    behind_proxy: bool,
) -> impl Future<Output = Result<Response<Body>, Infallible>> {
    let caller = if behind_proxy { caller::behind_proxy(request.headers(), address) } else { address };
    request.extensions_mut().insert(ConnectInfo(caller));
    app.oneshot(request)
}

fn builder(limits: &ServerLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(HTTP1_BUFFER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(HTTP2_HEADER_BYTES_MAX)
        .keep_alive_interval(HTTP2_KEEP_ALIVE)
        .keep_alive_timeout(limits.header_timeout);
    builder
}

async fn rest(error: &io::Error) {
    let of_the_caller =
        matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset);
    if !of_the_caller {
        tracing::warn!(%error, "A connection could not be accepted.");
        tokio::time::sleep(ACCEPT_REST).await;
    }
}
