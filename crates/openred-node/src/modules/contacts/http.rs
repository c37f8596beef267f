//! Endpoints of people.

#![expect(unused_qualifications, reason = "the macro of utoipa repeats the type of a query")]

use axum::{
    Json,
    extract::{Path, Query, State},
    response::Response,
};
use http::StatusCode;
use openred_core::{
    ids::NodeId,
    payload::Relationship as Asked,
    safety::{CodeError, Compared, SafetyCode},
};
use openred_keeper::ops::AuditKind;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    forks::{self, ForkView},
    person::Person,
    search::{self, Search},
    store,
    view::{self, PersonView, SafetyView},
};
use crate::{api::Api, deps::Work, error::NodeError, modules::audit, qr};

/// People of one page.
const PAGE: i64 = 50;
/// Longest note, in characters (Annex A.2).
const NOTE_CHARS_MAX: usize = 500;

/// Which people.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// Accepted friends.
    Friends,
    /// Open requests, of both sides.
    Requests,
    /// Whom the owner follows.
    Following,
    /// Who follows the owner.
    Followers,
    /// Blocked.
    Blocked,
    /// Introduced by friends, or seen of late in directories.
    Suggestions,
}

/// Query of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    #[param(inline)]
    list: Which,
    /// `next` of the page before.
    after: Option<i64>,
}

/// A page.
#[derive(Debug, Serialize, ToSchema)]
pub struct People {
    items: Vec<PersonView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// People by relation.
#[utoipa::path(get, path = "/people", tag = "people", params(ListQuery), responses((status = 200, body = People)))]
pub async fn people(State(api): State<Api>, Query(query): Query<ListQuery>) -> Result<Json<People>, Problem> {
    let list = match query.list {
        Which::Friends => store::List::Friends,
        Which::Requests => store::List::Requests,
        Which::Following => store::List::Following,
        Which::Followers => store::List::Followers,
        Which::Blocked => store::List::Blocked,
        Which::Suggestions => {
            return Ok(Json(People { items: search::suggestions(&api).await?, next: None }));
        }
    };
    let (net, after) = (api.net.clone(), query.after.unwrap_or(0));
    let page = api.deps.read(move |w| {
        let rows = store::list(w.tx, w.seal, list, after, PAGE)?;
        let next = rows.last().filter(|_| rows.len() as i64 == PAGE).map(|p| p.id.to_string());
        let items = rows.iter().map(|p| view::person(w, &net, p)).collect::<Result<_, _>>()?;
        Ok(People { items, next })
    });
    Ok(Json(page.await?))
}

/// Query of the search.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// A name, a piece of one, an id, or an invitation link.
    q: String,
}

/// Looks for people, here and in the directories.
#[utoipa::path(get, path = "/people/search", tag = "people", params(SearchQuery), responses((status = 200, body = Search)))]
pub async fn find(State(api): State<Api>, Query(query): Query<SearchQuery>) -> Result<Json<Search>, Problem> {
    if query.q.len() > 4096 {
        return Err(NodeError::invalid("q", "this is too long to look for").into());
    }
    Ok(Json(search::search(&api, &query.q).await?))
}

/// Somebody, with the number to compare.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonDetail {
    #[serde(flatten)]
    person: PersonView,
    safety_number: Option<SafetyView>,
    /// Entries of a second history of their keys that this node was shown; it keeps the one it saw first.
    forks: Vec<ForkView>,
}

/// One person.
#[utoipa::path(get, path = "/people/{node_id}", tag = "people", params(("node_id" = String, Path)), responses((status = 200, body = PersonDetail)))]
pub async fn person(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<PersonDetail>, Problem> {
    let id = node_id(&id)?;
    let person = search::by_id(&api, id).await?;
    let read = api.deps.read(move |w| match store::find(w.tx, w.seal, &id)? {
        Some(person) => Ok((view::safety(w, &person)?, forks::shown(w, &person)?)),
        None => Ok((None, Vec::new())),
    });
    let (safety_number, forks) = read.await?;
    Ok(Json(PersonDetail { person, safety_number, forks }))
}

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestBody {
    /// `friend` or `follower` (the owner follows them).
    #[schema(value_type = String, example = "friend")]
    relationship: Asked,
    /// At most 500 characters.
    note: Option<String>,
}

/// Asks somebody to become friends, or follows them.
#[utoipa::path(post, path = "/people/{node_id}/request", tag = "people", params(("node_id" = String, Path)), request_body = RequestBody, responses((status = 200, body = PersonView)))]
pub async fn request(
    State(api): State<Api>,
    Path(id): Path<String>,
    ProblemJson(body): ProblemJson<RequestBody>,
) -> Result<Json<PersonView>, Problem> {
    let (id, note) = (node_id(&id)?, note(body.note)?);
    search::ensure(&api, id).await?;
    act(&api, move |w| super::ask(w, &id, body.relationship, &note)).await
}

/// Accepts their request.
#[utoipa::path(post, path = "/people/{node_id}/accept", tag = "people", params(("node_id" = String, Path)), responses((status = 200, body = PersonView)))]
pub async fn accept(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<PersonView>, Problem> {
    let id = node_id(&id)?;
    act(&api, move |w| super::accept(w, &id)).await
}

/// Refuses their request, or takes the owner's back.
#[utoipa::path(post, path = "/people/{node_id}/reject", tag = "people", params(("node_id" = String, Path)), responses((status = 200, body = PersonView)))]
pub async fn reject(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<PersonView>, Problem> {
    let id = node_id(&id)?;
    act(&api, move |w| super::reject(w, &id)).await
}

/// Ends a friendship or a following.
#[utoipa::path(post, path = "/people/{node_id}/remove", tag = "people", params(("node_id" = String, Path)), responses((status = 200, body = PersonView)))]
pub async fn remove(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<PersonView>, Problem> {
    let id = node_id(&id)?;
    act(&api, move |w| super::remove(w, &id)).await
}

/// Refuses everything of theirs, silently.
#[utoipa::path(post, path = "/people/{node_id}/block", tag = "people", params(("node_id" = String, Path)), responses((status = 200, body = PersonView)))]
pub async fn block(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<PersonView>, Problem> {
    let id = node_id(&id)?;
    let shown = act(&api, move |w| super::block(w, &id)).await?;
    api.net.disconnect(&id);
    Ok(shown)
}

/// Ends a block.
#[utoipa::path(post, path = "/people/{node_id}/unblock", tag = "people", params(("node_id" = String, Path)), responses((status = 200, body = PersonView)))]
pub async fn unblock(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<PersonView>, Problem> {
    let id = node_id(&id)?;
    act(&api, move |w| super::unblock(w, &id)).await
}

/// Whether the numbers were equal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyBody {
    verified: bool,
}

/// Notes that the owner compared the safety number.
#[utoipa::path(post, path = "/people/{node_id}/verify", tag = "people", params(("node_id" = String, Path)), request_body = VerifyBody, responses((status = 200, body = PersonView)))]
pub async fn verify(
    State(api): State<Api>,
    Path(id): Path<String>,
    ProblemJson(body): ProblemJson<VerifyBody>,
) -> Result<Json<PersonView>, Problem> {
    let id = node_id(&id)?;
    let shown = act(&api, move |w| super::verify(w, &id, body.verified)).await?;
    let said = if body.verified { "safety number compared" } else { "safety number to be compared again" };
    audit::note(&api.deps, AuditKind::Identity, Some(id), said).await;
    Ok(shown)
}

/// What was scanned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareBody {
    /// `openred:v#…`, as the other's node shows it.
    #[schema(max_length = 1024)]
    code: String,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompareResult {
    /// Both nodes know the same keys: this person is verified now.
    Same,
    /// The keys differ: somebody may stand between you, or one of you has not heard yet of a new key.
    Differ,
    /// It is the code of other people.
    Others,
}

/// A comparison.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompareAnswer {
    result: CompareResult,
    person: PersonView,
}

/// Compares the code that the other's node shows with what this one knows. Equal keys verify the person, others take it back.
#[utoipa::path(post, path = "/people/{node_id}/compare", tag = "people", params(("node_id" = String, Path)), request_body = CompareBody, responses((status = 200, body = CompareAnswer)))]
pub async fn compare(
    State(api): State<Api>,
    Path(id): Path<String>,
    ProblemJson(body): ProblemJson<CompareBody>,
) -> Result<Json<CompareAnswer>, Problem> {
    let id = node_id(&id)?;
    let shown: SafetyCode = body.code.parse().map_err(|error| match error {
        CodeError::Malformed => NodeError::invalid("code", "this is no code to compare people by"),
        CodeError::Format => NodeError::invalid("code", "this code is of a newer version"),
    })?;
    let net = api.net.clone();
    let compared = api.deps.write(move |w| {
        let compared = super::compare(w, &id, &shown)?;
        let person = store::find(w.tx, w.seal, &id)?.ok_or(NodeError::Unknown("this person"))?;
        Ok((compared, view::person(w, &net, &person)?))
    });
    let (compared, person) = compared.await?;
    let (result, said) = match compared {
        Compared::Same => (CompareResult::Same, "safety code compared"),
        Compared::Differ => (CompareResult::Differ, "safety code differs"),
        Compared::Others => (CompareResult::Others, "safety code of other people"),
    };
    audit::note(&api.deps, AuditKind::Identity, Some(id), said).await;
    Ok(Json(CompareAnswer { result, person }))
}

/// The owner's code for this person to scan, as a picture.
#[utoipa::path(get, path = "/people/{node_id}/code", tag = "people", params(("node_id" = String, Path)), responses((status = 200, content_type = "image/svg+xml", body = String)))]
pub async fn code(State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = node_id(&id)?;
    let code = api.deps.read(move |w| {
        let person = store::find(w.tx, w.seal, &id)?.ok_or(NodeError::Unknown("this person"))?;
        view::code(w, &person)?.ok_or(NodeError::Unknown("the key of this person"))
    });
    Ok(qr::picture(&code.await?.to_string())?)
}

/// To whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntroduceBody {
    to: String,
    /// A few words to both, at most 500 characters.
    note: Option<String>,
}

/// Accepted; it happens by itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {}

/// Introduces two friends to each other.
#[utoipa::path(post, path = "/people/{node_id}/introduce", tag = "people", params(("node_id" = String, Path)), request_body = IntroduceBody, responses((status = 202, body = Accepted)))]
pub async fn introduce(
    State(api): State<Api>,
    Path(id): Path<String>,
    ProblemJson(body): ProblemJson<IntroduceBody>,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let one = node_id(&id)?;
    let other = body.to.parse().map_err(|_| NodeError::invalid("to", "a node id has 64 digits"))?;
    let note = note(body.note)?;
    api.deps.write(move |w| super::introduce(w, &one, &other, &note)).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted {})))
}

/// Runs a rule and shows what became of the person.
async fn act(
    api: &Api,
    mut rule: impl FnMut(&Work<'_, '_>) -> Result<Person, NodeError> + Send + 'static,
) -> Result<Json<PersonView>, Problem> {
    let net = api.net.clone();
    let shown = api.deps.write(move |w| {
        let person = rule(w)?;
        view::person(w, &net, &person)
    });
    Ok(Json(shown.await?))
}

fn node_id(text: &str) -> Result<NodeId, NodeError> {
    text.parse().map_err(|_| NodeError::Unknown("this person"))
}

fn note(note: Option<String>) -> Result<String, NodeError> {
    let note = note.unwrap_or_default().trim().to_owned();
    if note.chars().count() > NOTE_CHARS_MAX {
        return Err(NodeError::invalid("note", "a note has at most 500 characters"));
    }
    Ok(note)
}
