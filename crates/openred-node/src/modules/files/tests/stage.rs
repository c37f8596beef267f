//! Ana's node in memory with a folder of files, called as the command line and as anybody calls it.

use std::{net::SocketAddr, path::PathBuf};

use axum::{Router, body::Body, extract::ConnectInfo};
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use openred_core::ids::Id16;
use openred_service::lifecycle::ManualClock;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use crate::{deps::Deps, desk, modules::files::Files, router};

/// Ana's node.
pub(crate) struct Stage {
    pub(crate) deps: Deps,
    pub(crate) hands: ManualClock,
    app: Router,
    folder: TempDir,
}

/// An answer.
pub(crate) struct Said {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Said {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        let (deps, hands) = desk::ana();
        Self::of(deps, hands)
    }

    /// On somebody's handles, with a folder of files.
    pub(crate) fn of(deps: Deps, hands: ManualClock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let deps = Deps { files: Files::at(folder.path().join("files")), ..deps };
        let app = router::with(desk::api(&deps, desk::place()));
        Self { deps, hands, app, folder }
    }

    /// What a new process finds: the same rows and the same disk, nothing in memory.
    pub(crate) async fn restarts(&mut self) {
        self.deps.files = Files::at(self.folder());
        self.deps.files.sweep(&self.deps).await.unwrap();
        self.app = router::with(desk::api(&self.deps, desk::place()));
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    /// What is on the disk.
    pub(crate) fn names(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder()) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A call of the owner.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Said {
        let token = format!("Bearer {}", desk::TOKEN);
        let mut all = vec![("authorization", token.as_str())];
        all.extend(headers);
        self.anybody(method, &format!("/api/v1{path}"), &all, body).await
    }

    /// A call of anybody.
    pub(crate) async fn anybody(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Said {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:7717")
            .extension(ConnectInfo::<SocketAddr>("127.0.0.1:4000".parse().unwrap()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_vec())).unwrap();
        let answer = self.app.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body =
            answer.into_body().collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
        Said { status, headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Said {
        self.send("GET", path, &[], b"").await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let text = body.map(|body| body.to_string()).unwrap_or_default();
        let kind: &[(&str, &str)] =
            if text.is_empty() { &[] } else { &[("content-type", "application/json")] };
        let said = self.send(method, path, kind, text.as_bytes()).await;
        (said.status, said.json())
    }

    /// Notes a file that is to come; its id.
    pub(crate) async fn announces(&self, name: &str, size: usize, kind: &str) -> String {
        let body = json!({"name": name, "size": size, "media_type": kind});
        let (status, file) = self.call("POST", "/files", Some(body)).await;
        assert_eq!((status, &file["state"]), (201, &json!("coming")), "{file}");
        file["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn brings(&self, id: &str, offset: u64, bytes: &[u8]) -> (u16, Value) {
        let said = self.send("PUT", &format!("/files/{id}/data?offset={offset}"), &[], bytes).await;
        (said.status, said.json())
    }

    /// A whole file; its id.
    pub(crate) async fn has(&self, name: &str, bytes: &[u8]) -> String {
        let id = self.announces(name, bytes.len(), "application/octet-stream").await;
        assert_eq!(self.brings(&id, 0, bytes).await.1["whole"], true);
        id
    }
}

pub(crate) fn id16(text: &str) -> Id16 {
    text.parse().unwrap()
}

/// Bytes without a pattern that a chunk could repeat.
pub(crate) fn letter(size: usize) -> Vec<u8> {
    (0..size as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

pub(crate) fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// A JPEG that says where it was taken.
pub(crate) fn photo() -> Vec<u8> {
    let mut plain = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(640, 480).write_to(&mut plain, image::ImageFormat::Jpeg).unwrap();
    let plain = plain.into_inner();
    let said = b"Exif\0\0II*\0\x08\0\0\0\0\0 48.8584 N 2.2945 E ana's camera 12345";
    let length = (said.len() as u16 + 2).to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, said, &plain[2..]].concat()
}

/// The other end of a body that comes slowly.
pub(crate) struct Feed(mpsc::Sender<std::io::Result<Bytes>>);

/// A body that comes as the feed says.
pub(crate) fn slow_body() -> (Feed, Body) {
    let (feed, inbox) = mpsc::channel(1);
    let pieces = futures_util::stream::unfold(inbox, |mut inbox| async move {
        let piece = inbox.recv().await?;
        Some((piece, inbox))
    });
    (Feed(feed), Body::from_stream(pieces))
}

impl Feed {
    pub(crate) async fn send(&mut self, bytes: Vec<u8>) {
        self.0.send(Ok(bytes.into())).await.unwrap();
    }

    /// Resolves when all that was sent was taken: the one who reads waits for more.
    pub(crate) async fn taken(&mut self) {
        drop(self.0.reserve().await.unwrap());
    }

    /// The connection breaks.
    pub(crate) async fn breaks(self) {
        self.0.send(Err(std::io::ErrorKind::ConnectionReset.into())).await.unwrap();
    }
}
