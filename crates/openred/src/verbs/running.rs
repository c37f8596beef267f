//! How a directory or relay that runs is doing: asked on its own address, as anybody may.
//!
//! Must not know: how they are started.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use openred_service::http_client::{AllowPrivate, HttpClient, HttpClientConfig, HttpError, HttpRequest};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::report::{Report, short};

const PATIENCE: Duration = Duration::from_secs(5);

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Introduces.
    Directory,
    /// Keeps mail.
    Relay,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Relay => "relay",
        }
    }

    fn health(self) -> &'static str {
        match self {
            Self::Directory => "/api/v3/health",
            Self::Relay => "/api/v1/health",
        }
    }

    /// What is shown of `/metrics`: its name there, and in words.
    fn counts(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Directory => &[
                ("nodes", "nodes"),
                ("introductions_total", "introductions since the start"),
                ("polls_waiting", "nodes waiting"),
            ],
            Self::Relay => &[
                ("mailboxes", "mailboxes"),
                ("mail", "pieces of mail waiting"),
                ("mail_bytes", "bytes of mail waiting"),
                ("streams", "streams open"),
                ("deposits_total", "deposits since the start"),
                ("quic_clients", "nodes connected for QUIC"),
                ("quic_sent_bytes_total", "bytes of QUIC carried since the start"),
            ],
        }
    }
}

/// Asks the service that listens on `listen`.
pub(crate) fn status(service: Service, listen: SocketAddr) -> Result<Report, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Failure::refused)?.block_on(ask(service, reachable(listen)))
}

/// What listens everywhere is asked here.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

async fn ask(service: Service, at: SocketAddr) -> Result<Report, Failure> {
    let config = HttpClientConfig {
        allow_private: AllowPrivate::Lan,
        timeout: PATIENCE,
        ..HttpClientConfig::default()
    };
    let client = HttpClient::new(config).map_err(Failure::refused)?;
    let get = async |path: &str| {
        let url = format!("http://{at}{path}").parse().map_err(|_| HttpError::Url)?;
        client.send(HttpRequest::get(url)).await?.success()
    };
    let name = service.name();
    let health: Value = match get(service.health()).await {
        Ok(answer) => answer.json().map_err(|_| not_one(name, at))?,
        Err(HttpError::Status { status, .. }) if status.as_u16() == 503 => {
            return Err(Failure::refused(format!("The {name} at {at} is busy or stopping.")));
        }
        Err(HttpError::Status { .. }) => return Err(not_one(name, at)),
        Err(error) => {
            return Err(Failure::NotRunning(format!(
                "No {name} answers at {at}: {error}. Start it: openred {name}"
            )));
        }
    };
    let text = get("/metrics").await.map_err(Failure::refused)?;
    let text = String::from_utf8_lossy(&text.body).into_owned();
    let value = |metric: &str| {
        let begin = format!("openred_{name}_{metric} ");
        text.lines().find_map(|line| line.strip_prefix(&begin)?.parse::<u64>().ok())
    };
    Ok(words(service, &health, value))
}

fn not_one(name: &str, at: SocketAddr) -> Failure {
    Failure::NotRunning(format!("What answers at {at} is no {name}."))
}

fn words(service: Service, health: &Value, value: impl Fn(&str) -> Option<u64>) -> Report {
    let text = |name: &str| health[name].as_str().unwrap_or_default();
    let uptime = value("uptime_seconds").unwrap_or_default();
    let mut shown = json!({
        "status": health["status"],
        "node_id": health["node_id"],
        "version": health["version"],
        "uptime_s": uptime,
    });
    let mut lines = Vec::new();
    for (metric, what) in service.counts() {
        let count = value(metric);
        shown[*metric] = count.into();
        lines.extend(count.map(|count| format!("{count} {what}")));
    }
    if service == Service::Relay {
        let shared = value("shared_store") == Some(1);
        shown["store"] = if shared { "postgresql" } else { "files" }.into();
        let place =
            if shared { "a database, for all processes of the relay" } else { "files of this process" };
        lines.push(format!("mail lies in {place}"));
    }
    let first = format!(
        "{}  version {}, up {} h {} min",
        short(text("node_id")),
        text("version"),
        uptime / 3_600,
        uptime % 3_600 / 60
    );
    lines.into_iter().fold(Report::one(shown, first), Report::ok)
}
