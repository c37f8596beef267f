//! Endpoint of the events (server-sent events, HTML living standard).

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event as Sse, KeepAlive},
};
use futures_util::{Stream, StreamExt as _, stream};
use http::HeaderMap;
use openred_service::problem::Problem;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;

use crate::{api::Api, events::Event};

/// A line at least this often, so that proxies keep the connection.
const PING: Duration = Duration::from_secs(15);

/// What changes, as it changes: `post comment reaction person notification status outbox profile`.
#[utoipa::path(get, path = "/events", tag = "events", responses((status = 200, content_type = "text/event-stream", body = String)))]
pub async fn events(
    State(api): State<Api>,
    headers: HeaderMap,
) -> Result<axum::response::Sse<impl Stream<Item = Result<Sse, Infallible>>>, Problem> {
    let place = api.streams.clone().try_acquire_owned().map_err(|_| Problem::slow_down().retry_after(5))?;
    let last = headers.get("last-event-id").and_then(|v| v.to_str().ok()?.parse().ok());
    let (missed, live) = api.deps.events.listen(last);
    let stop = api.deps.tasks.soft().clone();
    let events = stream::iter(missed).chain(following(live, stop)).map(move |event| {
        let _held_while_streaming = &place;
        Ok(line(&event))
    });
    Ok(axum::response::Sse::new(events).keep_alive(KeepAlive::new().interval(PING).text("ping")))
}

/// Ends when the node stops or the listener is too slow: the app comes back and reloads.
fn following(live: Receiver<Event>, stop: CancellationToken) -> impl Stream<Item = Event> {
    stream::unfold((live, stop), |(mut live, stop)| async move {
        let next = tokio::select! {
            () = stop.cancelled() => return None,
            next = live.recv() => next,
        };
        match next {
            Ok(event) => Some((event, (live, stop))),
            Err(RecvError::Lagged(_) | RecvError::Closed) => None,
        }
    })
}

fn line(event: &Event) -> Sse {
    Sse::default().id(event.id.to_string()).event(event.kind.as_str()).data(event.data.to_string())
}
