//! HTTP with one node: its address, the cookie it gave us, and nothing else.

use std::cell::RefCell;
use std::io::{BufRead, BufReader};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use ureq::http::Request;

use crate::stopwatch::Stopwatch;

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// One client of one node, with its own connections.
#[derive(Debug)]
pub(crate) struct Caller {
    url: String,
    cookie: RefCell<String>,
    agent: ureq::Agent,
}

impl Caller {
    /// A client that nobody has logged in.
    pub(crate) fn new(url: String) -> Self {
        Self { url, cookie: RefCell::default(), agent: agent(Some(PATIENCE)) }
    }

    /// The bytes of a call as this client would make it, for a connection of one's own.
    pub(crate) fn spelled(&self, method: &str, path: &str, body: Option<&str>) -> Vec<u8> {
        let host = self.url.trim_start_matches("http://");
        let (cookie, length) = (self.cookie.borrow(), body.map_or(0, str::len));
        let mut text = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {}\r\nCookie: {cookie}\r\n",
            self.url
        );
        if body.is_some() {
            text += &format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        }
        (text + "\r\n" + body.unwrap_or_default()).into_bytes()
    }

    /// One call of the owner API; the answer's JSON, or what went wrong in a sentence.
    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let (status, said) =
            self.exchange(method, path, body).map_err(|e| format!("{method} {path}: {e}"))?;
        if !(200..300).contains(&status) {
            return Err(format!("{method} {path}: {status} {said}"));
        }
        if said.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&said).map_err(|e| format!("{method} {path}: {e}: {said}"))
    }

    fn exchange(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, String), ureq::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", self.url))
            .header("Origin", &self.url)
            .header("Cookie", self.cookie.borrow().as_str());
        if body.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        let mut answer = self.agent.run(request.body(body.map(Value::to_string).unwrap_or_default())?)?;
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            *self.cookie.borrow_mut() = pair.to_owned();
        }
        let said = answer.body_mut().read_to_string()?;
        Ok((answer.status().as_u16(), said))
    }

    /// The data lines of `/events`, each with the time it came at by `watch`, until the receiver is dropped.
    pub(crate) fn events(&self, watch: Stopwatch) -> Result<mpsc::Receiver<(Duration, String)>, String> {
        let request = agent(None).get(format!("{}/api/v1/events", self.url));
        let request =
            request.header("Cookie", self.cookie.borrow().as_str()).header("Accept", "text/event-stream");
        let answer = request.call().map_err(|e| format!("GET /events: {e}"))?;
        if !answer.status().is_success() {
            return Err(format!("GET /events: {}", answer.status()));
        }
        let (events, inbox) = mpsc::sync_channel(1024);
        let mut stream = BufReader::new(answer.into_body().into_reader());
        thread::spawn(move || {
            let mut line = String::new();
            while matches!(stream.read_line(&mut line), Ok(n) if n > 0) {
                if let Some(data) = line.strip_prefix("data:")
                    && events.send((watch.elapsed(), data.trim().to_owned())).is_err()
                {
                    return;
                }
                line.clear();
            }
        });
        Ok(inbox)
    }
}

/// A client for loopback; a refusal is an answer, not a fault of the transport.
pub(crate) fn agent(patience: Option<Duration>) -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(patience).build().into()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use serde_json::json;

    use super::*;

    /// Answers one connection per given text and hands back what was asked.
    fn server(answers: &[&'static str]) -> (String, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let answers = answers.to_vec();
        let asked = thread::spawn(move || {
            let mut asked = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut bytes = [0; 4096];
                let mut text = String::new();
                while !text.contains("\r\n\r\n") || (text.starts_with("POST") && !text.ends_with('}')) {
                    let count = stream.read(&mut bytes).unwrap();
                    text += &String::from_utf8_lossy(&bytes[..count]);
                }
                stream.write_all(answer.as_bytes()).unwrap();
                asked.push(text.to_lowercase());
            }
            asked
        });
        (url, asked)
    }

    #[test]
    fn a_cookie_once_given_is_shown_from_then_on() {
        let (url, asked) = server(&[
            "HTTP/1.1 204 No Content\r\nSet-Cookie: or=abc; HttpOnly; Path=/\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\n{\"a\": 1}",
            "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        ]);
        let ana = Caller::new(url.clone());
        assert_eq!(ana.call("POST", "/login", Some(&json!({"passphrase": "x"}))), Ok(Value::Null));
        assert_eq!(ana.call("GET", "/profile", None), Ok(json!({"a": 1})));
        assert!(ana.call("DELETE", "/posts/1", Some(&json!({}))).unwrap_err().contains("404"));
        let asked = asked.join().unwrap();
        assert!(asked[0].contains(&format!("origin: {url}")), "writes name where they come from");
        assert!(asked[1].starts_with("get /api/v1/profile") && asked[1].contains("cookie: or=abc\r\n"));
    }

    #[test]
    fn events_are_heard_one_by_one() {
        let (url, asked) = server(&[
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nevent: post\ndata: {\"id\":1}\n\n: ping\n\ndata: {\"id\":2}\n\n",
        ]);
        let events = Caller::new(url).events(Stopwatch::start()).unwrap();
        let heard: Vec<String> = events.iter().map(|(_, data)| data).collect();
        assert_eq!(heard, ["{\"id\":1}", "{\"id\":2}"]);
        assert!(asked.join().unwrap()[0].contains("text/event-stream"));
    }
}
