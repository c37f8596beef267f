//! A directory of a test's own, and how it is called.

use std::sync::Arc;
use std::time::Duration;

use openred_core::descriptor::Descriptor;
use openred_core::ids::NodeId;
use openred_directory::{Config, Directory, Limits, Running};
use openred_service::http_client::{AllowPrivate, HttpClient, HttpClientConfig, HttpRequest, HttpResponse};
use openred_service::lifecycle::{Clock, Lifecycle};
use openred_service::testing::{PrivatePostgres, PrivateRedis, postgres};
use serde::Serialize;
use tempfile::TempDir;

/// Runs a story on both databases.
macro_rules! on_both_stores {
    ($($(#[doc = $doc:literal])* $story:ident;)*) => { $(
        mod $story {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$story(crate::stage::Stage::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgresql() {
                if let Some(stage) = crate::stage::Stage::postgresql().await {
                    super::$story(stage).await;
                }
            }
        }
    )* };
}
pub(crate) use on_both_stores;

/// A running directory and a client.
pub(crate) struct Stage {
    pub(crate) running: Option<Running>,
    pub(crate) config: Config,
    pub(crate) client: HttpClient,
    pub(crate) url: String,
    pub(crate) dir_id: NodeId,
    pub(crate) descriptor: Descriptor,
    pub(crate) clock: Clock,
    pub(crate) started: u64,
    _folder: TempDir,
    _postgres: Option<Arc<PrivatePostgres>>,
}

impl Stage {
    pub(crate) async fn sqlite() -> Self {
        Self::with(|_| {}).await
    }

    /// On SQLite, with a changed configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start(change, Clock::System, None).await
    }

    /// On SQLite, by the test's clock.
    pub(crate) async fn by_clock(clock: Clock) -> Self {
        Self::start(|_| {}, clock, None).await
    }

    pub(crate) async fn postgresql() -> Option<Self> {
        let server = postgres()?;
        let database = server.fresh_database();
        Some(
            Self::start(|config| config.storage.database = Some(database), Clock::System, Some(server)).await,
        )
    }

    /// A process of a directory that may be several: on PostgreSQL, with Redis, by the test's clock.
    pub(crate) async fn with_redis(
        redis: &PrivateRedis,
        clock: Clock,
        change: impl FnOnce(&mut Config),
    ) -> Option<Self> {
        let server = postgres()?;
        let database = server.fresh_database();
        let with = |config: &mut Config| {
            config.storage.database = Some(database);
            config.storage.redis = Some(redis.url().parse().unwrap());
            change(config);
        };
        Some(Self::start(with, clock, Some(server)).await)
    }

    /// Another process of the same directory, with a copy of its key file.
    pub(crate) async fn another(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = self.config.clone();
        config.storage.data = folder.path().join("directory");
        std::fs::create_dir(&config.storage.data).unwrap();
        let key = |data: &std::path::Path| data.join("directory.key");
        std::fs::copy(key(&self.config.storage.data), key(&config.storage.data)).unwrap();
        let lifecycle = Lifecycle::new(self.clock.clone());
        let running = Directory::start_with(config.clone(), lifecycle).await.unwrap();
        assert_eq!(running.node_id, self.dir_id);
        let client = client();
        let url = format!("http://{}", running.addr);
        Self {
            descriptor: descriptor(&client, &url).await,
            url,
            dir_id: self.dir_id,
            running: Some(running),
            started: self.started,
            client,
            config,
            clock: self.clock.clone(),
            _folder: folder,
            _postgres: self._postgres.clone(),
        }
    }

    async fn start(
        change: impl FnOnce(&mut Config),
        clock: Clock,
        postgres: Option<Arc<PrivatePostgres>>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        config.storage.data = folder.path().join("directory");
        config.network.allow_private = AllowPrivate::Loopback;
        config.limits = Limits { calls_per_prefix: 100_000, ..Limits::default() };
        change(&mut config);
        let running = Directory::start_with(config.clone(), Lifecycle::new(clock.clone())).await.unwrap();
        let client = client();
        let url = format!("http://{}", running.addr);
        let descriptor = descriptor(&client, &url).await;
        assert_eq!(descriptor.node_id(), running.node_id);
        assert!(running.first_words.is_some(), "a new identity shows its words");
        Self {
            url,
            dir_id: running.node_id,
            descriptor,
            running: Some(running),
            started: clock.now_s(),
            client,
            config,
            clock,
            _folder: folder,
            _postgres: postgres,
        }
    }

    /// A directory that somebody else started.
    pub(crate) async fn at(url: &str) -> Self {
        let client = client();
        let descriptor = descriptor(&client, url).await;
        Self {
            url: url.to_owned(),
            dir_id: descriptor.node_id(),
            descriptor,
            running: None,
            started: Clock::System.now_s(),
            client,
            config: Config::default(),
            clock: Clock::System,
            _folder: tempfile::tempdir().unwrap(),
            _postgres: None,
        }
    }

    /// Stops the directory and starts it again on the same data.
    pub(crate) async fn restart(&mut self) {
        self.restart_after(|| {}).await;
    }

    /// The same, with something done while it is stopped.
    pub(crate) async fn restart_after(&mut self, meanwhile: impl FnOnce()) {
        assert!(self.running.take().unwrap().stop().await, "everything ends in time");
        meanwhile();
        let lifecycle = Lifecycle::new(self.clock.clone());
        let running = Directory::start_with(self.config.clone(), lifecycle).await.unwrap();
        assert!(running.first_words.is_none(), "words are shown once");
        assert_eq!(running.node_id, self.dir_id, "the identity stays");
        self.url = format!("http://{}", running.addr);
        self.running = Some(running);
    }

    /// Waits until the clock shows another second than now.
    pub(crate) async fn until_a_later_second(&self) {
        let now = self.clock.now_s();
        while self.clock.now_s() == now {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn metrics(&self) -> String {
        String::from_utf8(self.get("/metrics").await.body.to_vec()).unwrap()
    }

    /// Waits until a gauge of the directory stands at `value`.
    pub(crate) async fn until(&self, gauge: &str, value: u64) {
        let line = format!("openred_directory_{gauge} {value}\n");
        for _ in 0..1_000 {
            if self.metrics().await.contains(&line) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never {line:?} in {}", self.metrics().await);
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.now_s()
    }

    pub(crate) async fn get(&self, path: &str) -> HttpResponse {
        let url = format!("{}{path}", self.url).parse().unwrap();
        self.client.send(HttpRequest::get(url)).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &impl Serialize) -> HttpResponse {
        self.post_raw(path, serde_json::to_vec(body).unwrap()).await
    }

    pub(crate) async fn post_raw(&self, path: &str, body: Vec<u8>) -> HttpResponse {
        let url = format!("{}{path}", self.url).parse().unwrap();
        self.client.send(HttpRequest::post(url).body("application/json", body)).await.unwrap()
    }
}

fn client() -> HttpClient {
    HttpClient::new(HttpClientConfig {
        allow_private: AllowPrivate::Loopback,
        timeout: Duration::from_secs(40),
        ..HttpClientConfig::default()
    })
    .unwrap()
}

async fn descriptor(client: &HttpClient, url: &str) -> Descriptor {
    let given = HttpRequest::get(format!("{url}/p2p/descriptor").parse().unwrap());
    Descriptor::parse(&client.send(given).await.unwrap().body).unwrap()
}

/// Checks a refusal: status, code, problem document.
#[track_caller]
pub(crate) fn assert_problem(answer: &HttpResponse, status: u16, code: &str) {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!((answer.status.as_u16(), answer.code().as_deref()), (status, Some(code)), "{text}");
    assert_eq!(answer.headers["content-type"], "application/problem+json");
}

/// A poll on a raw connection whose answer nobody reads; dropping it hangs up.
pub(crate) struct Unread(#[expect(dead_code, reason = "held open")] tokio::net::TcpStream);

impl Unread {
    pub(crate) async fn poll(stage: &Stage, call: &impl Serialize) -> Self {
        let body = serde_json::to_string(call).unwrap();
        let address = stage.url.trim_start_matches("http://");
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /api/v3/tokens/poll HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
        Self(stream)
    }
}
