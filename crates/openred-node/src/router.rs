//! Every route of a node. `open` needs no log-in, `owned` does; the P2P API is `net::http`; all else is the app.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, Version, header},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use openred_keeper::memory;
use openred_service::problem::{BODY_BYTES_MAX, Problem, catch_panics, method_not_allowed};
use openred_service::server::UntilClosed;
use tower_http::compression::{
    CompressionLayer, DefaultPredicate, Predicate as _, predicate::NotForContentType,
};
use utoipa::{
    OpenApi as _,
    openapi::{Content, OpenApi, RefOr, Response as Answer, Schema, path::Operation},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::Api,
    delivery::http as outbox,
    modules::{
        audit::http as audit,
        auth::guard,
        auth::http::{clients, devices, first_run, login, session},
        challenge::http as challenge,
        chats::{
            groups::{http as groups, links::http as links},
            http as chats,
        },
        circles::http as circles,
        contacts::http as people,
        events::http as events,
        feed::http as feed,
        files::http as files,
        identity::http as identity,
        invitations::http as invitations,
        network::{http as network, tags::http as hashtags},
        notify::http as notify,
        profile,
        profile::http as me,
        search::http as search,
        service::http as service,
        settings::http as settings,
        status::http as status,
        status::metrics,
    },
    net,
    node::Parts,
    web,
};

/// Everything that a node serves.
pub(crate) fn app(parts: Parts) -> Router {
    with(Api::of(&parts))
}

/// The same, of the handles of the owner's API.
pub(crate) fn with(api: Api) -> Router {
    let (owner, document) = owner_api(&api).split_for_parts();
    let document = Arc::new(finished(document));
    let describe = move || async move { Json((*document).clone()) };
    // Files are read in parts, and mostly compressed as they are.
    let compressed = DefaultPredicate::new()
        .and(NotForContentType::const_new("application/octet-stream"))
        .and(NotForContentType::const_new("video/"))
        .and(NotForContentType::const_new("audio/"));
    let app = Router::new()
        .merge(owner.with_state(api.clone()))
        .route("/api/openapi.json", get(describe.clone()))
        .route("/api/v1/openapi.json", get(describe))
        .merge(files::public::router().with_state(api.clone()))
        .route("/metrics", get(metrics::metrics).with_state(api.clone()))
        .fallback(web::serve)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(metrics::count))
        .layer(middleware::from_fn_with_state(api.clone(), guard::refuse_other_names))
        .layer(CompressionLayer::new().compress_when(compressed));
    Router::new()
        .merge(net::http::router(api.net.clone()).layer(middleware::from_fn(metrics::count)))
        .fallback_service(app)
        .layer(middleware::from_fn(harden))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn(catch_panics))
}

fn owner_api(api: &Api) -> OpenApiRouter<Api> {
    let same_site = middleware::from_fn(guard::refuse_other_sites);
    let owner = middleware::from_fn_with_state(api.clone(), guard::require_owner);
    let secret = secrets_before_log_in().layer(same_site.clone()).merge(secrets().layer(owner.clone()));
    let all = open().layer(same_site).merge(owned().layer(owner));
    let all = all.merge(secret.layer(middleware::from_fn(hang_up)));
    OpenApiRouter::with_openapi(Document::openapi())
        .nest("/api/v1", all.layer(middleware::from_fn(not_stored)))
}

/// Before log-in.
fn open() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(session::session)).routes(routes!(clients::refresh_tokens))
}

/// Passphrases and recovery words go over these.
fn secrets_before_log_in() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(first_run::set_up))
        .routes(routes!(login::login))
        .routes(routes!(login::recover))
}

/// The same, for the owner.
fn secrets() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(login::passphrase))
        .routes(routes!(identity::words))
        .routes(routes!(identity::confirm_words))
        .routes(routes!(identity::rotate))
}

/// For the owner.
fn owned() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        // Log-in, devices, API clients.
        .routes(routes!(login::logout))
        .routes(routes!(login::lock))
        .routes(routes!(devices::devices))
        .routes(routes!(devices::remove_device))
        .routes(routes!(clients::new_tokens))
        .routes(routes!(clients::new_login_link))
        // The owner's profile.
        .routes(routes!(me::profile, me::change_profile))
        .merge(avatars())
        .routes(routes!(me::avatar))
        // People and invitations.
        .routes(routes!(people::people))
        .routes(routes!(people::find))
        .routes(routes!(people::person))
        .routes(routes!(people::request))
        .routes(routes!(people::accept))
        .routes(routes!(people::reject))
        .routes(routes!(people::remove))
        .routes(routes!(people::block))
        .routes(routes!(people::unblock))
        .routes(routes!(people::verify))
        .routes(routes!(people::compare))
        .routes(routes!(people::code))
        .routes(routes!(people::introduce))
        .routes(routes!(challenge::challenges))
        .routes(routes!(challenge::decide_challenge))
        .routes(routes!(challenge::ask_challenge))
        .routes(routes!(invitations::invitations, invitations::create))
        .routes(routes!(invitations::qr_code))
        .routes(routes!(invitations::revoke))
        .routes(routes!(invitations::redeem))
        // Posts, comments, reactions; notifications.
        .routes(routes!(feed::feed))
        .routes(routes!(hashtags::hashtags))
        .routes(routes!(hashtags::follow_hashtag, hashtags::unfollow_hashtag))
        .routes(routes!(network::network))
        .routes(routes!(network::trust))
        .routes(routes!(feed::new_posts))
        .merge(long_texts())
        .merge(own_files())
        .routes(routes!(feed::thread))
        .routes(routes!(feed::create_comment))
        .routes(routes!(feed::edit_comment, feed::remove_comment))
        .routes(routes!(feed::react, feed::unreact))
        .routes(routes!(feed::ask_access))
        .routes(routes!(feed::access_requests))
        .routes(routes!(feed::decide_access))
        .routes(routes!(notify::notifications))
        .routes(routes!(notify::mark_read))
        // Conversations.
        .routes(routes!(chats::chats))
        .routes(routes!(chats::chat, chats::change_chat, chats::remove_chat))
        .merge(long_messages())
        .routes(routes!(chats::undo_message))
        .routes(routes!(chats::react_to_message, chats::unreact_to_message))
        .routes(routes!(chats::read_chat))
        .routes(routes!(chats::accept_chat))
        .routes(routes!(chats::typing_in_chat))
        .routes(routes!(chats::export_chat))
        .routes(routes!(search::search))
        .routes(routes!(groups::create_group))
        .routes(routes!(groups::group, groups::change_group))
        .routes(routes!(groups::add_members))
        .routes(routes!(groups::remove_member))
        .routes(routes!(groups::set_member_role))
        .routes(routes!(groups::leave_group))
        .routes(routes!(links::create_group_link, links::group_links))
        .routes(routes!(links::group_link_qr))
        .routes(routes!(links::revoke_group_link))
        .routes(routes!(links::answer_group_asking))
        .routes(routes!(links::look_at_group_link))
        .routes(routes!(links::join_group))
        .routes(routes!(links::group_joins))
        .routes(routes!(links::forget_group_join))
        // Circles.
        .routes(routes!(circles::circles, circles::create_circle))
        .routes(routes!(circles::circle, circles::change_circle, circles::remove_circle))
        .routes(routes!(circles::add_to_circle))
        .routes(routes!(circles::remove_from_circle))
        // What has not arrived; how the node does.
        .routes(routes!(outbox::outbox))
        .routes(routes!(outbox::retry))
        .routes(routes!(outbox::withdraw))
        .routes(routes!(status::status))
        .routes(routes!(events::events))
        .routes(routes!(settings::settings, settings::change_settings))
        .routes(routes!(settings::test_directory))
        .routes(routes!(settings::test_relay))
        .routes(routes!(identity::identity))
        .routes(routes!(identity::elsewhere))
        .routes(routes!(audit::audit))
        .routes(routes!(service::service, service::install, service::remove))
}

/// A message has up to 8,000 characters, each up to 12 bytes when escaped.
fn long_messages() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(chats::messages, chats::write_message))
        .routes(routes!(chats::edit_message, chats::remove_message))
        .layer(DefaultBodyLimit::max(128 << 10))
}

/// A post has up to 20,000 characters, each up to 12 bytes when escaped.
fn long_texts() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(feed::create_post))
        .routes(routes!(feed::post, feed::edit_post, feed::remove_post))
        .layer(DefaultBodyLimit::max(256 << 10))
}

/// Files, as large as they are.
fn own_files() -> OpenApiRouter<Api> {
    let bytes = OpenApiRouter::new()
        .routes(routes!(files::append, files::offset, files::data))
        .layer(DefaultBodyLimit::disable());
    OpenApiRouter::new()
        .merge(bytes)
        .routes(routes!(files::files, files::create_file))
        .routes(routes!(files::file, files::rename_file, files::remove_file))
        .routes(routes!(files::thumbnail))
        .routes(routes!(files::share))
        .routes(routes!(files::unshare))
        .routes(routes!(files::offers))
        .routes(routes!(files::accept_offer))
        .routes(routes!(files::decline_offer))
        .routes(routes!(files::links, files::create_link))
        .routes(routes!(files::revoke_link))
        .routes(routes!(files::storage, files::set_storage))
        .routes(routes!(files::free))
}

/// Pictures are larger than other bodies.
fn avatars() -> OpenApiRouter<Api> {
    let limit = DefaultBodyLimit::max(profile::avatar::BYTES_MAX);
    OpenApiRouter::new().routes(routes!(me::set_avatar, me::remove_avatar)).layer(limit)
}

/// What every answer says to the browser.
async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, web::CSP),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A connection keeps in its buffers what was read and written last, as long as it lives: where that was a secret, it
/// ends with the answer, and what is freed until then is wiped. HTTP/2 has no such header; it is spoken to a reverse proxy
/// only.
async fn hang_up(request: Request, next: Next) -> Response {
    let _until_answered = memory::wiping();
    let is_http1 = request.version() < Version::HTTP_2;
    if let Some(until_closed) = request.extensions().get::<UntilClosed>().filter(|_| is_http1) {
        until_closed.keep(memory::wiping());
    }
    let mut response = next.run(request).await;
    if is_http1 {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Private answers stay out of caches unless they say otherwise.
async fn not_stored(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "OpenRed, the owner's API",
        description = "Errors are RFC 9457 problems with stable codes."
    ),
    components(schemas(Problem))
)]
struct Document;

/// Every operation can answer with a problem.
fn finished(mut document: OpenApi) -> OpenApi {
    let mut answer = Answer::new("a refusal; `code` says which");
    let schema: RefOr<Schema> = utoipa::openapi::Ref::from_schema_name("Problem").into();
    answer.content.insert("application/problem+json".to_owned(), Content::new(Some(schema)));
    for path in document.paths.paths.values_mut() {
        let operations =
            [&mut path.get, &mut path.head, &mut path.post, &mut path.put, &mut path.patch, &mut path.delete];
        for operation in operations.into_iter().flatten() {
            can_fail(operation, &answer);
        }
    }
    document
}

fn can_fail(operation: &mut Operation, answer: &Answer) {
    operation.responses.responses.insert("default".to_owned(), RefOr::T(answer.clone()));
}
