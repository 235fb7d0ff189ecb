//! OpenAPI documents made into plans.

use super::*;
use crate::plan::Content;
use crate::plan::words::Template;

#[test]
fn operations_are_steps_with_the_values_of_the_description() {
    let text = r##"openapi: 3.0.3
info: { title: Shop }
servers:
  - url: https://{host}/v1
    variables: { host: { default: shop.example } }
security:
  - token: []
paths:
  /items/{id}:
    parameters:
      - $ref: '#/components/parameters/Id'
    get:
      operationId: getItem
      parameters:
        - { name: page, in: query, schema: { type: integer, default: 2 } }
        - { name: kind, in: query, required: true, schema: { type: string } }
        - { name: rare, in: query, schema: { type: string } }
      responses: { '200': { description: ok }, '404': { description: no } }
  /items:
    post:
      requestBody:
        content:
          application/json:
            schema:
              $ref: '#/components/schemas/Item'
      responses: { '2XX': { description: ok } }
    trace: {}
components:
  parameters:
    Id: { name: id, in: path, required: true, example: 7, schema: { type: integer } }
  schemas:
    Item:
      type: object
      required: [name, tags, size, self]
      properties:
        name: { type: string, example: Cup }
        tags: { type: array, items: { type: string, enum: [blue, red] } }
        size: { type: object, required: [height], properties: { height: { type: number, example: 1.5 } } }
        secret: { type: string }
        self: { $ref: '#/components/schemas/Item' }
  securitySchemes:
    token: { type: http, scheme: bearer }
"##;
    let imported = made(text);
    assert_eq!(steps(&imported), ["GET /v1/items/7", "POST /v1/items"]);
    let plan = &imported.plan;
    assert_eq!((plan.target.as_deref(), plan.about.as_deref()), (Some("https://shop.example"), Some("Shop")));
    let [get, post] = &plan.scenario[0].step[..] else { panic!() };
    assert_eq!(get.name, "getItem");
    assert_eq!(
        get.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
        ["kind=${kind}", "page=2"]
    );
    assert_eq!(
        (get.expect.status[0].to_string(), post.expect.status[0].to_string()),
        ("200".to_owned(), "2xx".to_owned())
    );
    assert_eq!(get.headers["authorization"].to_string(), "Bearer ${secret:TOKEN}");
    let Some(Content::Json(json)) = &post.content else { panic!("{post:?}") };
    let body = json.filled(&|text: &Template| Ok::<_, ()>(text.to_string().into())).unwrap();
    assert_eq!(
        (&body["name"], &body["tags"], &body["size"]),
        (&"Cup".into(), &serde_json::json!(["blue"]), &serde_json::json!({"height": 1.5}))
    );
    assert!(body.get("secret").is_none());
    let names = not_taken(&imported);
    assert!(names.contains(&("parameter kind of GET /items/{id}", 16)), "{names:?}");
    assert!(names.iter().any(|(name, _)| *name == "self of POST /items"), "a schema in itself ends: {names:?}");
    assert!(names.iter().any(|(name, _)| *name == "security token"), "{names:?}");
}

#[test]
fn swagger_is_read_too_and_what_is_missing_is_named() {
    let text = r#"{"swagger": "2.0", "host": "shop.example", "basePath": "/api", "schemes": ["http"], "paths": {
  "/login": {"post": {"parameters": [
    {"name": "user", "in": "formData", "required": true, "type": "string", "default": "me"},
    {"name": "password", "in": "formData", "required": true, "type": "string"},
    {"name": "X-Trace", "in": "header", "type": "string", "enum": ["on"]}], "responses": {"302": {}}}}
}}"#;
    let imported = made(text);
    assert_eq!(imported.plan.target.as_deref(), Some("http://shop.example"));
    let step = &imported.plan.scenario[0].step[0];
    let Some(Content::Form(fields)) = &step.content else { panic!("{step:?}") };
    assert_eq!(
        (fields["user"].to_string(), fields["password"].to_string()),
        ("me".to_owned(), "${password}".to_owned())
    );
    assert_eq!(
        (step.headers["x-trace"].to_string(), step.expect.status[0].to_string()),
        ("on".to_owned(), "302".to_owned())
    );
    assert_eq!(not_taken(&imported), [("parameter password of POST /login", 4)]);
}
