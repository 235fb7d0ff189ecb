//! Recordings, command lines and lists.

use super::*;
use crate::plan::words::Template;
use crate::plan::{Content, Part};

fn entry(method: &str, url: &str, at: u32, rest: &str) -> String {
    format!(
        "{{\"startedDateTime\": \"2026-01-02T03:04:{at:02}.000Z\", \"time\": 500,\n \"request\": {{\"method\": \"{method}\", \"url\": \"{url}\", \"headers\": [\
         {{\"name\": \"Host\", \"value\": \"shop.example\"}}, {{\"name\": \"Accept\", \"value\": \"*/*\"}}, {{\"name\": \"Cookie\", \"value\": \"session=1\"}}, {{\"name\": \":path\", \"value\": \"/\"}}]{rest}}},\n \
         \"response\": {{\"status\": 200, \"content\": {{\"mimeType\": \"text/html\"}}}}}}"
    )
}

#[test]
fn a_recording_keeps_what_a_person_did() {
    let json = ", \"postData\": {\"mimeType\": \"application/json\", \"text\": \"{\\\"a\\\": [1, \\\"${b}\\\"]}\"}";
    let form = ", \"postData\": {\"mimeType\": \"application/x-www-form-urlencoded\", \"text\": \"q=a+b%21\", \"params\": [{\"name\": \"q\", \"value\": \"a+b%21\"}]}";
    let entries = [
        entry("GET", "https://shop.example/start?x=1", 5, ""),
        entry("GET", "https://shop.example/logo.png?v=2", 5, ""),
        entry("GET", "https://cdn.example/lib.js", 6, ""),
        entry("POST", "https://shop.example/api", 9, json),
        entry("POST", "https://other.example/form", 59, form),
        entry("GET", "wss://shop.example/socket", 59, ""),
    ];
    let text = format!("{{\"log\": {{\"version\": \"1.2\", \"entries\": [\n{}\n]}}}}", entries.join(",\n"));
    let imported = made(&text);
    assert_eq!(steps(&imported), ["GET /start?x=1", "POST /api", "POST https://other.example/form"]);
    let plan = &imported.plan;
    assert_eq!(plan.target.as_deref(), Some("https://shop.example"));
    assert_eq!(plan.headers.keys().collect::<Vec<_>>(), ["accept"], "what all send alike is the plan's");
    let [start, api, form] = &plan.scenario[0].step[..] else { panic!() };
    assert_eq!(
        (start.think.unwrap().to_string(), api.think.unwrap().to_string()),
        ("3.5s".to_owned(), "10s".to_owned())
    );
    let Some(Content::Json(json)) = &api.content else { panic!("{api:?}") };
    assert_eq!(json.templates()[0].plain(), Some("${b}"), "what looks like a place was none");
    assert_eq!(form.content, Some(Content::Form([("q".to_owned(), Template::literal("a b!"))].into())));
    let names = not_taken(&imported);
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.iter().any(|(name, line)| *name == "2 static files" && *line == 5), "{names:?}");
    assert!(
        names.iter().any(|(name, _)| *name == "cookies") && names.iter().any(|(name, _)| name.starts_with("wss://"))
    );
    let kept = with(&text, None, Secrets::Kept);
    assert_eq!(kept.plan.headers["cookie"].to_string(), "session=1");
}

#[test]
fn command_lines_are_read_as_a_shell_reads_them() {
    let text = r#"# copied
curl 'https://shop.example/api/login' \
  -X POST -H 'Content-Type: application/json' -H "Authorization: Bearer a\"b" \
  --data-raw '{"user": "it'\''s me"}' --compressed
curl -sS -G https://shop.example/search -d q=shoes --data-urlencode 'name=a b' -L
curl -F file=@photo.png -F 'note=hi' https://shop.example/upload; curl -I shop.example
curl $'https://shop.example/it\'s' -d a=1 -d b=2 --proxy http://x
"#;
    let imported = made(text);
    assert_eq!(
        steps(&imported),
        ["POST /api/login", "GET /search?q=shoes&name=a%20b", "POST /upload", "HEAD http://shop.example", "POST /it's"]
    );
    let [login, _, upload, _, last] = &imported.plan.scenario[0].step[..] else { panic!() };
    let Some(Content::Json(json)) = &login.content else { panic!("{login:?}") };
    assert_eq!(json.templates()[0].plain(), Some("it's me"));
    assert_eq!(login.headers["authorization"].to_string(), "${secret:AUTHORIZATION}");
    assert!(matches!(&upload.content, Some(Content::Multipart(parts)) if parts.len() == 2));
    assert_eq!(last.content, Some(Content::Body(Template::literal("a=1&b=2"))));
    assert_eq!(not_taken(&imported), [("header authorization", 2), ("curl -L", 5), ("curl --proxy", 7)]);
}

#[test]
fn a_quote_without_an_end_is_told() {
    let refused = import("curl 'https://a.example", None, "x", Secrets::Named).unwrap_err();
    assert_eq!(refused.to_string(), "line 1: a quote has no end");
}

#[test]
fn addresses_are_steps_of_one_scenario() {
    let imported =
        made("# a list\nhttps://shop.example/a?b=${c}\n\nPOST https://shop.example\nhttp://other.example:8080/x#y\n");
    assert_eq!(steps(&imported), ["GET /a?b=$${c}", "POST /", "GET http://other.example:8080/x"]);
    assert_eq!(imported.taken, 3);
}

#[test]
fn what_a_request_cannot_have_is_left_out_and_spaces_are_written_away() {
    let text = entry("GET", "https://shop.example/a b?c=d e", 5, "").replace("\"Accept\"", "\"accept;charset\"");
    let imported = made(&format!("{{\"log\": {{\"entries\": [{text}]}}}}"));
    assert_eq!(steps(&imported), ["GET /a%20b?c=d%20e"]);
    assert!(imported.plan.scenario[0].step[0].headers.is_empty());
    assert_eq!(not_taken(&imported), [("header accept;charset", 0), ("cookies", 2)]);
}

#[test]
fn a_form_in_parts_keeps_its_fields_and_names_its_files() {
    let form = ", \"postData\": {\"mimeType\": \"multipart/form-data; boundary=x\", \"params\": [{\"name\": \"a\", \"value\": \"1\"},\n {\"name\": \"photo\", \"fileName\": \"cup.png\", \"contentType\": \"image/png\"}]}";
    let imported =
        made(&format!("{{\"log\": {{\"entries\": [{}]}}}}", entry("POST", "https://shop.example/upload", 5, form)));
    let Some(Content::Multipart(parts)) = &imported.plan.scenario[0].step[0].content else { panic!() };
    assert_eq!(parts["photo"], Part::File { file: "cup.png".to_owned(), media: Some("image/png".to_owned()) });
    assert_eq!(parts["a"], Part::Text(Template::literal("1")));
    assert!(not_taken(&imported).contains(&("file cup.png of POST /upload", 3)), "{imported}");
}
