//! Artillery scripts made into plans.

use super::*;
use crate::plan::words::Template;
use crate::plan::{Content, Model, Order, Source};

const SCRIPT: &str = r#"config:
  target: "https://shop.example/"
  phases:
    - duration: 60
      arrivalRate: 5
      rampTo: 20
      name: warm
    - pause: 10
    - duration: "2m"
      arrivalRate: 20
      maxVusers: 300
  http:
    timeout: 12
  payload:
    - path: "users.csv"
      fields: ["email", "password"]
      order: sequence
  variables:
    kind: ["book"]
  defaults:
    headers:
      Accept: application/json
  plugins:
    ensure: {}
    expect: {}
  ensure:
    thresholds:
      - http.response_time.p95: 500
    conditions:
      - expression: http.response_time.p99 < 900 and http.response_time.max < 3000
    maxErrorRate: 1
scenarios:
  - name: buy
    weight: 3
    flow:
      - post:
          url: "/login"
          json: { email: "{{ email }}", number: 5, list: ["{{ $randomNumber(1, 9) }}"] }
          capture:
            - json: $.token
              as: token
            - header: x-id
              as: id
          expect:
            - statusCode: [200, 201]
            - contentType: json
            - hasProperty: user.name
      - think: 2
      - loop:
          - get:
              url: "/items?kind={{ kind }}"
              headers: { X-Token: "{{ token }}" }
              qs: { page: 3 }
        count: 4
      - get:
          url: "/maybe/{{ id }}"
          ifTrue: id == 7
      - log: "done"
  - name: look
    flow:
      - get: { url: "/" }
"#;

#[test]
fn a_script_without_code_is_taken_whole() {
    let imported = made(SCRIPT);
    assert_eq!(not_taken(&imported), []);
    let plan = &imported.plan;
    assert_eq!(plan.target.as_deref(), Some("https://shop.example"));
    assert!(matches!(plan.load.model, Model::Open { rate: 20.0, in_flight: 300 }));
    assert_eq!(plan.load.phases.to_string(), "1m:25-100, 10s:0, 2m:100");
    assert_eq!((plan.data["users"].order, plan.timeout.to_string()), (Order::Round, "12s".to_owned()));
    assert_eq!(plan.headers["accept"].to_string(), "application/json");
    let limits: Vec<_> = plan.threshold.iter().map(ToString::to_string).collect();
    assert_eq!(
        limits,
        [
            "p95 of latency under 500ms",
            "p99 of latency under 900ms",
            "max of latency under 3s",
            "rate of errors under 1%"
        ]
    );
    assert_eq!(steps(&imported), ["POST /login", "GET /items?kind=${kind}", "GET /maybe/${id}"]);
    assert_eq!(plan.scenario.iter().map(|scenario| scenario.weight).collect::<Vec<_>>(), [3, 1]);
    let [login, items, maybe] = &plan.scenario[0].step[..] else { panic!() };
    let Some(Content::Json(json)) = &login.content else { panic!("{login:?}") };
    let filled = json.filled(&|text: &Template| Ok::<_, ()>(text.to_string().into())).unwrap();
    assert_eq!(filled, serde_json::json!({"email": "${users.email}", "number": 5, "list": ["${random:1..9}"]}));
    assert_eq!(login.take["id"].source, Source::Header("x-id".to_owned()));
    assert_eq!((login.expect.status.len(), login.expect.json.len()), (2, 1));
    assert_eq!(login.think.unwrap().to_string(), "2s");
    assert_eq!(
        (items.repeat, items.query["page"].to_string(), items.headers["x-token"].to_string()),
        (4, "3".to_owned(), "${token}".to_owned())
    );
    assert_eq!(maybe.when.as_ref().unwrap().to_string(), "${id} == 7");
}

#[test]
fn what_is_code_or_no_http_is_named_with_its_line() {
    let script = r#"config:
  target: "{{ $processEnvironment.TARGET }}"
  processor: ./functions.js
  environments: {}
  tls: { rejectUnauthorized: false }
  phases:
    - duration: "{{ soon }}"
      arrivalRate: 1
before:
  flow: []
scenarios:
  - name: socket
    engine: socketio
    flow: []
  - flow:
      - function: setUp
      - get:
          url: "/{{ $randomString() }}"
          beforeRequest: sign
          headers:
            authorization: "Bearer abc"
          capture:
            - xpath: //a
              as: link
      - loop:
          - get: { url: "/a" }
          - get: { url: "/b" }
        count: 2
      - emit: {}
      - get: { url: "/{{ nobody }}" }
"#;
    let imported = made(script);
    let wanted = [
        ("variable nobody", 0),
        ("config.target", 2),
        ("config.processor", 3),
        ("config.environments", 4),
        ("config.tls", 5),
        ("phase", 7),
        ("before", 10),
        ("scenario \"socket\"", 12),
        ("function setUp in scenario \"scenario 2\"", 16),
    ];
    assert_eq!(not_taken(&imported)[..wanted.len()], wanted);
    let rest: Vec<_> = imported.not_taken[wanted.len()..].iter().map(|not| not.element.as_str()).collect();
    for name in [
        "beforeRequest of GET",
        "header authorization of GET",
        "capture of GET",
        "{{ $randomString() }} in GET",
        "loop in scenario",
        "emit in scenario",
    ] {
        assert!(rest.iter().any(|element| element.starts_with(name)), "{name} in {rest:?}");
    }
    assert_eq!(rest.len(), 6, "{rest:?}");
    let step = &imported.plan.scenario[0].step[0];
    assert_eq!(step.headers["authorization"].to_string(), "${secret:AUTHORIZATION}", "nothing secret is in a plan");
    let kept = with(script, None, Secrets::Kept);
    assert_eq!(kept.plan.scenario[0].step[0].headers["authorization"].to_string(), "Bearer abc");
}

#[test]
fn variables_that_sound_like_a_secret_are_not_written_into_the_plan() {
    let script = "config:\n  target: https://shop.example\n  variables:\n    apiToken: abc\n    kinds: [book, pen]\nscenarios:\n  - flow:\n      - get: { url: \"/?t={{ apiToken }}&k={{ kinds }}\" }\n";
    let imported = made(script);
    assert_eq!(imported.plan.variables["apiToken"].to_string(), "${secret:APITOKEN}");
    assert_eq!(imported.plan.variables["kinds"].to_string(), "book");
    assert_eq!(not_taken(&imported), [("variable apiToken", 4), ("config.variables.kinds", 5)]);
    assert_eq!(with(script, None, Secrets::Kept).plan.variables["apiToken"].to_string(), "abc");
}
