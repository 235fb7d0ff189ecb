//! k6's options made into plans.

use super::*;
use crate::plan::Model;

#[test]
fn options_of_a_script_are_read_where_they_are_data() {
    let text = r#"import http from 'k6/http';
export const options = {
  stages: [
    { duration: '30s', target: 20 }, // up
    { duration: '1m30s', target: 20 },
    { duration: '10s', target: 0 },
  ],
  thresholds: {
    http_req_duration: ['p(95)<500', { threshold: 'avg<200', abortOnFail: true, delayAbortEval: '15s' }],
    'http_req_failed': ['rate<0.01'],
    my_trend: ['p(90)<5'],
  },
  summaryTrendStats: ['avg'],
  ext: { loadimpact: {} },
  hosts: makeHosts(),
};
export default function () { http.get('https://shop.example/'); }
"#;
    let imported = made(text);
    let plan = &imported.plan;
    assert!(matches!(plan.load.model, Model::Closed { users: 20, .. }));
    assert_eq!(plan.load.phases.to_string(), "30s:5-100, 90s:100, 10s:100-0");
    let limits: Vec<_> = plan.threshold.iter().map(ToString::to_string).collect();
    assert_eq!(limits, ["p95 of latency under 500ms", "mean of latency under 200ms", "rate of errors under 1%"]);
    assert_eq!(plan.threshold[1].abort_after.unwrap().to_string(), "15s");
    assert_eq!(
        not_taken(&imported),
        [
            ("threshold my_trend: p(90)<5", 11),
            ("options.ext", 14),
            ("options.hosts", 15),
            ("the script's functions", 17)
        ]
    );
}

#[test]
fn what_k6_prints_of_a_script_is_read_whole() {
    let text = r#"{
  "paused": null, "vus": null,
  "scenarios": {
    "browse": {"executor": "ramping-arrival-rate", "startRate": 0, "timeUnit": "1m", "preAllocatedVUs": 50, "maxVUs": 100,
      "stages": [{"duration": "1m0s", "target": 600}, {"duration": "5m0s", "target": 600}], "exec": "browse"},
    "buy": {"executor": "ramping-arrival-rate", "startRate": 0, "timeUnit": "1s", "maxVUs": 20,
      "stages": [{"duration": "60s", "target": 5}, {"duration": "300s", "target": 5}]}
  },
  "thresholds": {"http_reqs": ["rate>=10"], "http_req_duration{scenario:buy}": ["p(99)<900"]}
}"#;
    let imported = made(text);
    let plan = &imported.plan;
    assert!(matches!(plan.load.model, Model::Open { rate: 15.0, in_flight: 100 }), "{:?}", plan.load);
    assert_eq!(plan.load.phases.to_string(), "1m:0-100, 5m:100");
    assert_eq!(
        plan.scenario.iter().map(|scenario| (scenario.name.as_str(), scenario.weight)).collect::<Vec<_>>(),
        [("browse", 10), ("buy", 5)]
    );
    let limits: Vec<_> = plan.threshold.iter().map(ToString::to_string).collect();
    assert_eq!(limits, ["rate of requests over 10", "p99 of latency of scenario buy under 900ms"]);
    assert_eq!(not_taken(&imported), [("the script's functions", 1)]);
}

#[test]
fn scenarios_of_different_shapes_are_named() {
    let text = r#"{"scenarios": {
  "a": {"executor": "constant-vus", "vus": 10, "duration": "5m"},
  "b": {"executor": "constant-arrival-rate", "rate": 5, "duration": "5m", "startTime": "1m"},
  "c": {"executor": "per-vu-iterations", "vus": 5, "iterations": 10},
  "d": {"executor": "externally-controlled"}
}}"#;
    let imported = made(text);
    assert!(matches!(imported.plan.load.model, Model::Closed { users: 10, .. }));
    assert_eq!(
        not_taken(&imported),
        [
            ("the script's functions", 1),
            ("startTime of scenario b", 3),
            ("load of scenario b", 3),
            ("iterations of scenario c", 4),
            ("scenario c", 4),
            ("load of scenario c", 4),
            ("scenario d", 5),
        ]
    );
}
