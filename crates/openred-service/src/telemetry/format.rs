//! One log line from one event. Above DEBUG the values of [`PRIVATE_FIELDS`] are left out, and values of spans
//! always: a log may be handed to somebody who helps.

use std::fmt::{self, Write};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::LogFormat;
use super::rfc3339;
use crate::lifecycle::Clock;

/// Names of fields that say who or where; logged at DEBUG and TRACE only.
pub const PRIVATE_FIELDS: &[&str] = &[
    "address",
    "addr",
    "addresses",
    "ip",
    "peer",
    "remote",
    "local",
    "host",
    "url",
    "uri",
    "path",
    "node",
    "node_id",
    "id",
    "from",
    "to",
    "name",
    "username",
    "session",
    "session_id",
    "message_id",
    "content_id",
    "deposit_id",
    "grant_id",
    "pair_id",
    "invite_id",
    "group",
    "device",
    "token",
];

pub(super) struct Line(pub(super) LogFormat);

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut said = Said { private_too: *event.metadata().level() >= Level::DEBUG, ..Said::default() };
        event.record(&mut said);
        let spans = context.event_scope().into_iter().flat_map(|scope| scope.from_root());
        let place: Vec<&str> = spans.map(|span| span.metadata().name()).collect();
        let time = rfc3339::utc(Clock::System.now_ms());
        let line = match self.0 {
            LogFormat::Text => said.text(&time, event, &place),
            LogFormat::Json => said.json(&time, event, &place),
        };
        writeln!(out, "{line}")
    }
}

#[derive(Default)]
struct Said {
    private_too: bool,
    message: String,
    fields: Map<String, Value>,
}

impl Said {
    fn text(&self, time: &str, event: &Event<'_>, place: &[&str]) -> String {
        let mut line = format!("{time} {:>5} {}", event.metadata().level(), event.metadata().target());
        for span in place {
            let _never_fails = write!(line, ":{span}");
        }
        let _never_fails = write!(line, " {}", one_line(&self.message));
        for (name, value) in &self.fields {
            let _never_fails = write!(line, " {name}={value}");
        }
        line
    }

    fn json(self, time: &str, event: &Event<'_>, place: &[&str]) -> String {
        let mut line = Map::new();
        line.insert("time".to_owned(), time.into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        line.insert("target".to_owned(), event.metadata().target().into());
        line.insert("spans".to_owned(), place.to_vec().into());
        line.insert("message".to_owned(), self.message.into());
        line.insert("fields".to_owned(), self.fields.into());
        Value::Object(line).to_string()
    }

    fn add(&mut self, field: &Field, value: Value) {
        if self.private_too || !PRIVATE_FIELDS.contains(&field.name()) {
            self.fields.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.add(field, format!("{value:?}").into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}

/// A message that came from outside must not be able to write lines of its own.
fn one_line(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, say: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let log = tracing_subscriber::fmt().with_max_level(Level::TRACE).with_writer(move || writer.clone());
        tracing::subscriber::with_default(log.event_format(Line(format)).finish(), say);
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn addresses_and_ids_appear_at_debug_only() {
        let line =
            logged(LogFormat::Text, || tracing::info!(address = %"192.0.2.1", attempts = 3, "A peer left."));
        assert!(line.contains("A peer left.") && line.contains("attempts=3"), "{line}");
        assert!(!line.contains("192.0.2.1"), "{line}");
        let line = logged(LogFormat::Text, || tracing::debug!(address = %"192.0.2.1", "A peer left."));
        assert!(line.contains("192.0.2.1"), "{line}");
    }

    #[test]
    fn spans_give_their_name_and_keep_their_values() {
        let line = logged(LogFormat::Json, || {
            let _inside = tracing::info_span!("session", node_id = "ana's").entered();
            tracing::warn!(count = 2u64, "Slow.");
        });
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["spans"][0], &line["fields"]["count"]), (&"session".into(), &2.into()));
        assert!(!line.to_string().contains("ana's"));
    }

    #[test]
    fn nobody_writes_lines_of_his_own() {
        let line = logged(LogFormat::Text, || tracing::info!(reason = "x\nFAKE", "{}", "said\nFAKE"));
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}
