//! The node that runs on a folder, asked over its API with the token it left in `api.json` for its owner.
//!
//! Must not know: what is asked.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::{HeaderValue, Method, StatusCode, header};
use openred_node::modules::auth::cli_token;
use openred_service::http_client::{
    AllowPrivate, HttpClient, HttpClientConfig, HttpError, HttpRequest, HttpResponse,
};
use serde_json::Value;
use tokio::runtime::Runtime;
use url::Url;

use crate::cli::Shared;
use crate::failure::Failure;
use crate::folder;
use crate::listening::{Event, Events};

/// How long one call may take: a search waits for directories, an unlock for the passphrase's cost.
const PATIENCE: Duration = Duration::from_secs(60);
/// The same for a file.
const LONG: Duration = Duration::from_secs(24 * 3_600);
/// Before the node is asked again for what changes.
const AGAIN: Duration = Duration::from_millis(500);
/// Longest answer in bytes.
const ANSWER_MAX: usize = 16 << 20;

/// A running node.
pub(crate) struct Node {
    url: Url,
    bearer: HeaderValue,
    client: HttpClient,
    runtime: Runtime,
    folder: PathBuf,
}

impl Node {
    /// The node that runs on the folder.
    pub(crate) fn of(shared: Shared) -> Result<Self, Failure> {
        let folder = folder::of_node(shared.data)?;
        let access = cli_token::read(&folder).map_err(|error| unreadable(&folder, &error))?;
        let url = access.url.parse().map_err(|_| damaged(&folder))?;
        let mut bearer: HeaderValue =
            format!("Bearer {}", access.token).parse().map_err(|_| damaged(&folder))?;
        bearer.set_sensitive(true);
        let config = HttpClientConfig {
            allow_private: AllowPrivate::Loopback,
            timeout: PATIENCE,
            response_bytes_max: ANSWER_MAX,
            ..HttpClientConfig::default()
        };
        let client = HttpClient::new(config).map_err(Failure::refused)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Failure::refused)?;
        Ok(Self { url, bearer, client, runtime, folder })
    }

    /// Reads something below `/api/v1`.
    pub(crate) fn get(&self, path: &str) -> Result<Value, Failure> {
        self.json(HttpRequest::get(self.at(path)?))
    }

    /// Asks for something with a body.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.json(HttpRequest::post(self.at(path)?).json(body).map_err(Failure::refused)?)
    }

    /// Changes something.
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.json(HttpRequest::new(Method::PATCH, self.at(path)?).json(body).map_err(Failure::refused)?)
    }

    /// Puts something in place.
    pub(crate) fn set(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.json(HttpRequest::new(Method::PUT, self.at(path)?).json(body).map_err(Failure::refused)?)
    }

    /// Removes something.
    pub(crate) fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.json(HttpRequest::new(Method::DELETE, self.at(path)?))
    }

    /// Brings bytes.
    pub(crate) fn put(&self, path: &str, bytes: Vec<u8>) -> Result<Value, Failure> {
        self.json(HttpRequest::new(Method::PUT, self.at(path)?).body("application/octet-stream", bytes))
    }

    /// Hands over the bytes of an answer as they come, however many.
    pub(crate) fn pour(
        &self,
        path: &str,
        mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let request = HttpRequest::get(self.at(path)?).header(header::AUTHORIZATION, self.bearer.clone());
        let request = request.timeout(LONG).response_bytes_max(usize::MAX);
        self.runtime.block_on(async {
            let mut answer = self.client.open(request).await.map_err(|error| self.unanswered(&error))?;
            if !answer.status.is_success() {
                let answer = answer.collect().await.map_err(|error| self.unanswered(&error))?;
                return Err(self.refusal(&answer));
            }
            while let Some(bytes) = answer.chunk().await.map_err(|error| self.unanswered(&error))? {
                take(&bytes)?;
            }
            Ok(())
        })
    }

    /// Hands over what changes on the node, as it changes, as long as `heed` says so. `opened` is called whenever the node
    /// listens: what came before is to be looked at then. It begins again when the node ends it.
    pub(crate) fn listen(
        &self,
        mut opened: impl FnMut(&Self) -> Result<bool, Failure>,
        mut heed: impl FnMut(&Self, &Event) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        loop {
            let request =
                HttpRequest::get(self.at("/events")?).header(header::AUTHORIZATION, self.bearer.clone());
            let request = request.timeout(LONG).response_bytes_max(usize::MAX);
            let answer = self.runtime.block_on(self.client.open(request));
            let mut answer = answer.map_err(|error| self.unanswered(&error))?;
            if !answer.status.is_success() {
                let answer =
                    self.runtime.block_on(answer.collect()).map_err(|error| self.unanswered(&error))?;
                return Err(self.refusal(&answer));
            }
            if !opened(self)? {
                return Ok(());
            }
            let mut events = Events::default();
            // An end, or a failure on the way: it is asked again.
            while let Ok(Some(bytes)) = self.runtime.block_on(answer.chunk()) {
                for event in events.take(&bytes) {
                    if !heed(self, &event)? {
                        return Ok(());
                    }
                }
            }
            std::thread::sleep(AGAIN);
        }
    }

    /// Bytes at a path of the node, such as `/p2p/descriptor`.
    pub(crate) fn bytes(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let url = self.url.join(path).map_err(Failure::refused)?;
        Ok(self.send(HttpRequest::get(url))?.body.to_vec())
    }

    fn at(&self, path: &str) -> Result<Url, Failure> {
        self.url.join(&format!("/api/v1{path}")).map_err(Failure::refused)
    }

    fn json(&self, request: HttpRequest) -> Result<Value, Failure> {
        let answer = self.send(request)?;
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        answer.json().map_err(Failure::refused)
    }

    fn send(&self, request: HttpRequest) -> Result<HttpResponse, Failure> {
        let request = request.header(header::AUTHORIZATION, self.bearer.clone());
        let answer = self.runtime.block_on(self.client.send(request));
        let answer = answer.map_err(|error| self.unanswered(&error))?;
        if answer.status.is_success() { Ok(answer) } else { Err(self.refusal(&answer)) }
    }

    fn unanswered(&self, error: &HttpError) -> Failure {
        match error {
            HttpError::Unreachable => not_running(&self.folder),
            other => Failure::refused(format!("The node on {}: {other}.", self.folder.display())),
        }
    }

    fn refusal(&self, answer: &HttpResponse) -> Failure {
        let problem: Value = answer.json().unwrap_or_default();
        let said = |name: &str| problem.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let detail = said("detail").or_else(|| said("title")).unwrap_or("it gave no reason");
        let code = said("code").unwrap_or_default();
        match answer.status {
            StatusCode::LOCKED => {
                Failure::Locked("The node is locked: log in in the app, or run `openred unlock`.".to_owned())
            }
            StatusCode::UNAUTHORIZED if code == "login_required" => not_running(&self.folder),
            StatusCode::TOO_MANY_REQUESTS => {
                let wait = answer.retry_after().unwrap_or(1);
                Failure::refused(format!("{} (try again in {wait} s)", sentence(detail)))
            }
            _ => Failure::refused(sentence(detail)),
        }
    }
}

fn unreadable(folder: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => not_running(folder),
        _ => Failure::refused(format!("{}/{} cannot be read: {error}.", folder.display(), cli_token::FILE)),
    }
}

fn damaged(folder: &Path) -> Failure {
    Failure::refused(format!("{}/{} is damaged: restart the node.", folder.display(), cli_token::FILE))
}

fn not_running(folder: &Path) -> Failure {
    let folder = folder.display();
    Failure::NotRunning(format!("No node runs on {folder}: start it with `openred node --data {folder}`."))
}

/// First letter large, full stop at the end.
fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// A text as part of a query.
pub(crate) fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_become_sentences() {
        assert_eq!(sentence("this link was used already"), "This link was used already.");
        assert_eq!(sentence("Énorme."), "Énorme.");
        assert_eq!(sentence(""), ".");
    }

    #[test]
    fn queries_carry_any_text() {
        assert_eq!(escaped("ana & ben+é"), "ana+%26+ben%2B%C3%A9");
    }

    #[test]
    fn an_empty_folder_runs_no_node() {
        let folder = tempfile::tempdir().unwrap();
        let shared = Shared { data: Some(folder.path().to_owned()), json: false };
        assert!(matches!(Node::of(shared), Err(Failure::NotRunning(_))));
    }
}
