//! How a node gets an access token, and how it calls with it: the client's half of the first version of the API.

use http::{HeaderValue, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use openred_core::ids::{NodeId, b64_encode};
use openred_core::sign::SigningKey;
use openred_service::http_client::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::{Value, json};

use crate::people::{Person, random};
use crate::stage::Stage;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The claims of a good assertion, to be made bad by tests.
pub(crate) fn claims(stage: &Stage, person: &Person) -> Value {
    claims_of(&stage.dir_id, &person.id(), stage.now() + 60)
}

fn claims_of(dir_id: &NodeId, id: &NodeId, exp: u64) -> Value {
    json!({"iss": id, "sub": id, "aud": dir_id, "exp": exp, "jti": b64_encode(random::<16>())})
}

/// A JWT by EdDSA.
pub(crate) fn signed(key: &SigningKey, claims: &impl Serialize) -> String {
    encode(&Header::new(Algorithm::EdDSA), claims, &encoding_key(key)).unwrap()
}

/// An Ed25519 key as the JWT library wants it: PKCS #8.
pub(crate) fn encoding_key(key: &SigningKey) -> EncodingKey {
    let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    EncodingKey::from_ed_der(&[head.as_slice(), key.seed().as_slice()].concat())
}

/// Asks with this assertion and these further members of the form.
pub(crate) async fn ask(stage: &Stage, assertion: &str, more: &[(&str, &str)]) -> HttpResponse {
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
    ];
    form.extend_from_slice(more);
    post_form(stage, &form).await
}

/// Any form to the token endpoint.
pub(crate) async fn post_form(stage: &Stage, form: &[(&str, &str)]) -> HttpResponse {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let url = format!("{}/oauth/token", stage.url).parse().unwrap();
    let request = HttpRequest::post(url).body("application/x-www-form-urlencoded", body);
    stage.client.send(request).await.unwrap()
}

/// The token in an answer.
pub(crate) fn token_of(answer: &HttpResponse) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status.as_u16(), 200, "{text}");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let body: Value = answer.json().unwrap();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(600)));
    body["access_token"].as_str().unwrap().to_owned()
}

/// A refusal in OAuth's form.
#[track_caller]
pub(crate) fn assert_refused(answer: &HttpResponse, status: u16, error: &str) {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let body: Value = answer.json().unwrap();
    assert_eq!((answer.status.as_u16(), body["error"].as_str()), (status, Some(error)), "{text}");
    assert!(body["error_description"].as_str().is_some_and(|words| !words.is_empty()), "{text}");
    assert_eq!(answer.headers.contains_key(header::WWW_AUTHENTICATE), status == 401);
}

impl Person {
    /// Asks for a token as a registered node.
    pub(crate) async fn try_token(&self, stage: &Stage) -> HttpResponse {
        ask(stage, &signed(&self.signing, &claims(stage, self)), &[]).await
    }

    /// A token for everything.
    pub(crate) async fn token(&self, stage: &Stage) -> String {
        token_of(&self.try_token(stage).await)
    }

    /// Asks for a token with the descriptor: to register.
    pub(crate) async fn try_first_token(&self, stage: &Stage) -> HttpResponse {
        let descriptor = b64_encode(self.descriptor(stage).bytes());
        ask(stage, &signed(&self.signing, &claims(stage, self)), &[("descriptor", &descriptor)]).await
    }

    /// A token to register.
    pub(crate) async fn first_token(&self, stage: &Stage) -> String {
        token_of(&self.try_first_token(stage).await)
    }

    /// Registers by the first version.
    pub(crate) async fn try_register_v1(&self, stage: &Stage, token: &str, flags: u8) -> HttpResponse {
        let call = self.register_call(stage, flags, stage.now());
        stage.post_with(token, "/api/v1/nodes/register", serde_json::to_vec(&call).unwrap()).await
    }
}

impl Stage {
    /// A GET with a token.
    pub(crate) async fn get_with(&self, token: &str, path: &str) -> HttpResponse {
        let request = HttpRequest::get(format!("{}{path}", self.url).parse().unwrap());
        self.client.send(request.header(header::AUTHORIZATION, bearer(token))).await.unwrap()
    }

    /// A POST with a token.
    pub(crate) async fn post_with(&self, token: &str, path: &str, body: Vec<u8>) -> HttpResponse {
        let request = HttpRequest::post(format!("{}{path}", self.url).parse().unwrap());
        let request = request.body("application/json", body).header(header::AUTHORIZATION, bearer(token));
        self.client.send(request).await.unwrap()
    }
}

fn bearer(token: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("Bearer {token}")).unwrap()
}
