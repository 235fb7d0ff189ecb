//! What is live, as the definitions that would have produced it.

use infra_engine::live::{Live, State};
use infra_engine::model::Address;
use serde_json::{Value, json};

use super::paint::Paint;
use super::printable::one_line;
use super::report::{Form, Value as Shown};
use super::values::{self, Mark};

/// A live resource for people. Its fields come with how they are best shown.
pub fn live_text(address: Option<&Address>, live: &Live, form_of: impl Fn(&str) -> Form, paint: Paint) -> String {
    let Live { kind, id, key: _, document, outputs, tags, state, others, awaited } = live;
    let address = address.map_or_else(|| format!("{kind}/{id}"), |address| address.to_string());
    let mut out = format!("{}  {kind}  {}\n", paint.bold(address), paint.dim(format!("[id={}]", one_line(id))));
    match state {
        State::Ready => {}
        State::Pending(doing) => out += &format!("  {}\n", paint.yellow(format!("busy: {}", one_line(doing)))),
        State::Failed(why) => out += &format!("  {}\n", paint.red(format!("failed: {}", one_line(why)))),
        State::Unreadable(why) => out += &format!("  {}\n", paint.red(format!("cannot be read: {why}"))),
        State::Leaving => out += &format!("  {}\n", paint.red("about to go")),
    }
    if let Value::Object(fields) = document.redacted() {
        for (name, value) in fields {
            for line in values::whole(&name, &Shown::Known(value), form_of(&name), 0, Mark::Name) {
                out += &format!("  {}{}\n", "  ".repeat(line.depth), line.text);
            }
        }
    }
    for (name, value) in outputs {
        out += &format!("  {}\n", paint.dim(format!("{name}: {}", one_line(value))));
    }
    for what in others {
        out += &format!("  {}\n", paint.dim(format!("added by others: {what}")));
    }
    for awaited in awaited {
        out += &format!("  {}\n", paint.yellow(one_line(&awaited.what)));
    }
    for (key, value) in tags {
        out += &format!("  {}\n", paint.dim(format!("tag {}: {}", one_line(key), one_line(value))));
    }
    out
}

/// A live resource for machines, without secrets.
pub fn live_json(address: Option<&Address>, live: &Live) -> Value {
    let Live { kind, id, key, document, outputs, tags, state, others, awaited } = live;
    json!({
        "address": address,
        "kind": kind,
        "id": id,
        "key": key,
        "protected": live.is_protected(),
        "state": state,
        "definition": document.redacted(),
        "outputs": outputs,
        "tags": tags,
        "added_by_others": others,
        "not_in_force": awaited,
    })
}
