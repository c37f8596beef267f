//! The connections to Redis and the tasks on them. One connection hears, one speaks; when either fails both are made anew.
//! Must not know: what is counted, who waits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Client, Cmd, Pipeline, RedisError, RedisResult, Value, cmd};
use tokio::sync::Notify;

use super::names::Token;
use super::nonces::REMEMBERED_SECS;
use super::waiters::Announcement;
use super::{Shared, limits, locked};

/// How often processes exchange what changed: others hear of it within a second.
const EXCHANGE: Duration = Duration::from_millis(200);
/// How long Redis may take to answer; then it is away.
const ANSWER: Duration = Duration::from_millis(500);
/// How long to wait before connecting again, and how often who waits for mail is woken meanwhile.
const AGAIN: Duration = Duration::from_secs(2);
/// How long a count is kept, seconds: its minute, and clocks that are a minute apart.
const COUNT_SECS: u64 = 120;

/// The connection that speaks, and what moves its tasks.
#[derive(Default)]
pub(super) struct Link {
    speaking: Mutex<Option<MultiplexedConnection>>,
    /// Somebody is to be told where mail came.
    pub(super) bell: Notify,
    /// The connection is of no more use.
    broken: Notify,
}

impl Link {
    /// `None`: Redis is away.
    pub(super) fn connection(&self) -> Option<MultiplexedConnection> {
        locked(&self.speaking).clone()
    }

    /// Whether nobody has set the key yet; it is set now, for 20 minutes. `None`: Redis is away. `Some(false)` too when
    /// Redis has no room.
    pub(super) async fn first_use(&self, key: &str) -> Option<bool> {
        let mut set = cmd("SET");
        set.arg(key).arg(1).arg("NX").arg("EX").arg(REMEMBERED_SECS);
        match self.ask::<Value>(&set).await? {
            Ok(answer) => Some(answer == Value::Okay),
            Err(error) if error.code() == Some("OOM") => Some(false),
            Err(_) => None,
        }
    }

    /// Whether there is such a key. `None`: Redis is away.
    pub(super) async fn is_there(&self, key: &str) -> Option<bool> {
        self.ask(cmd("EXISTS").arg(key)).await?.ok()
    }

    async fn ask<T: redis::FromRedisValue>(&self, command: &Cmd) -> Option<RedisResult<T>> {
        let mut connection = self.connection()?;
        let answer = command.query_async(&mut connection).await;
        self.look(&answer);
        Some(answer)
    }

    async fn tell<T: redis::FromRedisValue>(&self, commands: &Pipeline) -> Option<T> {
        let mut connection = self.connection()?;
        let answer = commands.query_async(&mut connection).await;
        self.look(&answer);
        answer.ok()
    }

    /// What Redis says with words is an answer; all else breaks the connection.
    fn look<T>(&self, answer: &RedisResult<T>) {
        if answer.as_ref().is_err_and(|error| error.code().is_none()) {
            *locked(&self.speaking) = None;
            self.broken.notify_one();
        }
    }
}

/// Keeps the connections, and wakes who waits when something was announced, or may have been.
pub(super) async fn listen(shared: Arc<Shared>, client: Client) {
    let mut was_connected = true;
    loop {
        let heard = connect(&client, &shared).await;
        if let Ok((speaking, hearing)) = heard {
            tracing::info!("Connected to Redis.");
            was_connected = true;
            locked(&shared.presence).tell_again();
            *locked(&shared.link.speaking) = Some(speaking);
            // What came before we could hear it.
            locked(&shared.waiters).wake_all();
            tokio::select! {
                () = hear(&shared, hearing) => {}
                () = shared.link.broken.notified() => {}
            }
            *locked(&shared.link.speaking) = None;
        }
        if std::mem::take(&mut was_connected) {
            tracing::warn!("Redis is away: this process goes on by itself.");
        }
        locked(&shared.waiters).wake_all();
        tokio::time::sleep(AGAIN).await;
    }
}

async fn connect(client: &Client, shared: &Shared) -> RedisResult<(MultiplexedConnection, PubSub)> {
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(Some(AGAIN)).set_response_timeout(Some(ANSWER));
    let speaking = client.get_multiplexed_async_connection_with_config(&config).await?;
    let hearing = async {
        let mut hearing = client.get_async_pubsub().await?;
        hearing.subscribe(shared.names.channel()).await?;
        Ok::<_, RedisError>(hearing)
    };
    let hearing = tokio::time::timeout(AGAIN, hearing)
        .await
        .map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
    Ok((speaking, hearing))
}

/// Until the connection ends.
async fn hear(shared: &Shared, hearing: PubSub) {
    let mut messages = hearing.into_on_message();
    while let Some(message) = messages.next().await {
        let Some((mark, tokens)) = message.get_payload_bytes().split_first_chunk::<8>() else { continue };
        if *mark == shared.mark {
            continue;
        }
        let waiters = locked(&shared.waiters);
        if tokens.is_empty() {
            waiters.wake_all();
        }
        for token in tokens.as_chunks::<16>().0 {
            waiters.wake(token);
        }
    }
}

/// Tells others where mail came: all that came while the last announcement was on its way.
pub(super) async fn announce(shared: Arc<Shared>) {
    loop {
        shared.link.bell.notified().await;
        let Some(announcement) = locked(&shared.waiters).announcement() else { continue };
        let tokens: Vec<Token> = match announcement {
            Announcement::Some(tokens) => tokens,
            Announcement::All => Vec::new(),
        };
        let payload = [&shared.mark[..], tokens.as_flattened()].concat();
        let mut publish = Pipeline::new();
        publish.cmd("PUBLISH").arg(shared.names.channel()).arg(payload).ignore();
        let _away_then_others_look_by_themselves: Option<()> = shared.link.tell(&publish).await;
    }
}

/// Exchanges counts and presence, and finds out whether Redis is there.
pub(super) async fn exchange(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(EXCHANGE).await;
        if shared.link.connection().is_none() {
            continue;
        }
        let changes = locked(&shared.limits).changes();
        let present = locked(&shared.presence).changes();
        let mut commands = Pipeline::new();
        commands.cmd("PING").ignore();
        for change in &changes {
            let key = count_key(&shared, change);
            commands.cmd("INCRBY").arg(&key).arg(change.count);
            commands.cmd("EXPIRE").arg(&key).arg(COUNT_SECS).ignore();
        }
        for (token, until) in present {
            let key = shared.names.key("here", &token);
            if until == 0 {
                commands.cmd("DEL").arg(&key).ignore();
            } else {
                commands.cmd("SET").arg(&key).arg(1).arg("EXAT").arg(until).ignore();
            }
        }
        let Some(counts) = shared.link.tell::<Vec<u64>>(&commands).await else { continue };
        let mut limits = locked(&shared.limits);
        for (change, all) in changes.iter().zip(counts) {
            limits.heard(change, all);
        }
    }
}

fn count_key(shared: &Shared, change: &limits::Change) -> String {
    let token = shared.names.token(change.counted.limit, &[&change.counted.of]);
    shared.names.key(&format!("{}:{}", change.counted.limit, change.minute), &token)
}
