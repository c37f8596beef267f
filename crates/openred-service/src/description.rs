//! The last pass over the description of an API (OpenAPI 3.1): what holds of every call and no handler says of itself.
//! Objects are closed, binary bodies are bytes, a problem has the members that this service sends.
//!
//! Must not know: any call.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{AdditionalProperties, KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Content, OpenApi, RefOr, Schema};

const BINARY: &str = "application/octet-stream";

/// Completes what the handlers have described. `further` are the members that problems of this service have beside the
/// standard ones: name and description of a text each.
#[must_use]
pub fn complete(mut description: OpenApi, further: &[(&str, &str)]) -> OpenApi {
    if let Some(components) = &mut description.components {
        components.schemas.insert("Problem".to_owned(), problem(further).into());
        components.schemas.values_mut().for_each(close);
    }
    let contents = description.paths.paths.values_mut().flat_map(operations).flat_map(contents);
    contents.for_each(|(kind, content)| {
        if kind == BINARY {
            content.schema = Some(bytes().into());
        }
    });
    description
}

/// A problem as RFC 9457 has it, with the further members of the service.
fn problem(further: &[(&str, &str)]) -> Object {
    let member = |kind: Type, what: &str| ObjectBuilder::new().schema_type(kind).description(Some(what));
    let mut problem = ObjectBuilder::new()
        .description(Some("A refusal (RFC 9457)."))
        .property("status", member(Type::Integer, "HTTP status code.").minimum(Some(400)).maximum(Some(599)))
        .property(
            "code",
            member(Type::String, "Stable code for programs, never renamed.").pattern(Some("^[a-z_]+$")),
        )
        .property("title", member(Type::String, "Short English sentence of the code."))
        .property("detail", member(Type::String, "What the caller may know about this very case."))
        .property(
            "retry_after",
            member(Type::Integer, "When to come back, in seconds; also sent as `Retry-After`.")
                .minimum(Some(0)),
        );
    for &(name, what) in further {
        problem = problem.property(name, member(Type::String, what));
    }
    ["status", "code", "title"].into_iter().fold(problem, ObjectBuilder::required).build()
}

/// No member but those that are named. What names none and says nothing of others is open on purpose.
fn close(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = schema
        && !object.properties.is_empty()
    {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    }
}

fn bytes() -> Schema {
    let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
    ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build().into()
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut path.get, &mut path.put, &mut path.post, &mut path.delete, &mut path.patch]
        .into_iter()
        .filter_map(Option::as_mut)
}

/// Bodies of a call and of its answers, with their media types.
fn contents(operation: &mut Operation) -> impl Iterator<Item = (&str, &mut Content)> {
    let asked = operation.request_body.iter_mut().flat_map(|body| &mut body.content);
    let answers = operation.responses.responses.values_mut().filter_map(|response| match response {
        RefOr::T(response) => Some(&mut response.content),
        RefOr::Ref(_) => None,
    });
    asked.chain(answers.flatten()).map(|(kind, content)| (kind.as_str(), content))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn completed(description: Value) -> Value {
        let description: OpenApi = serde_json::from_value(description).unwrap();
        serde_json::to_value(complete(description, &[("reason", "Why.")])).unwrap()
    }

    fn described() -> Value {
        let bytes = json!({"content": {"application/octet-stream": {"schema": {"type": "array", "items": {"type": "integer"}}}}});
        let mut answer = bytes.clone();
        answer["description"] = json!("Bytes");
        json!({
            "openapi": "3.1.0", "info": {"title": "x", "version": "1"},
            "paths": {"/x": {"post": {"requestBody": bytes, "responses": {"200": answer}}}},
            "components": {"schemas": {
                "Named": {"type": "object", "properties": {"a": {"type": "string"}}},
                "Open": {"type": "object"},
            }},
        })
    }

    #[test]
    fn objects_with_members_are_closed_and_others_left() {
        let schemas = &completed(described())["components"]["schemas"];
        assert_eq!(schemas["Named"]["additionalProperties"], false);
        assert_eq!(schemas["Open"]["additionalProperties"], Value::Null);
        assert_eq!(schemas["Problem"]["additionalProperties"], false);
        assert_eq!(schemas["Problem"]["properties"]["reason"]["type"], "string");
    }

    #[test]
    fn binary_bodies_are_bytes_either_way() {
        let call = &completed(described())["paths"]["/x"]["post"];
        let bytes = json!({"type": "string", "format": "binary"});
        assert_eq!(call["requestBody"]["content"][BINARY]["schema"], bytes);
        assert_eq!(call["responses"]["200"]["content"][BINARY]["schema"], bytes);
    }
}
