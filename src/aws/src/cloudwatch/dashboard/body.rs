//! What is on a dashboard: widgets in their places. Typed on the way in; JSON on the way back, in one canonical form.

use infra_engine::model::Ref;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::graph::Graph;
use super::shorthand;
use crate::cloudwatch::AlarmArn;

/// What is on a dashboard.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Body(Value);

/// Something in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Widget {
    /// Where.
    pub place: Place,
    /// What.
    pub content: Content,
}

/// A place on a dashboard, which is 24 columns wide and as long as it needs to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The columns to its left.
    pub x: u8,
    /// The rows above it.
    pub y: u16,
    /// How many columns it takes.
    pub width: u8,
    /// How many rows it takes.
    pub height: u16,
}

/// What a widget shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Metrics.
    Graph(Graph),
    /// A text in Markdown.
    Text(String),
    /// The states of alarms.
    Alarms(AlarmStates),
}

/// The states of alarms, a box for each.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmStates {
    /// What stands above them.
    pub title: String,
    /// Which alarms, in this order.
    pub alarms: Vec<Ref<AlarmArn>>,
}

/// The columns of a dashboard.
const COLUMNS: u8 = 24;

impl Body {
    /// These widgets.
    pub fn of(widgets: impl IntoIterator<Item = Widget>) -> Body {
        let widgets: Vec<Value> = widgets.into_iter().map(|widget| widget.written()).collect();
        Body(shorthand::expanded(json!({ "widgets": widgets })))
    }

    /// Rows from top to bottom: each has its height, and what is in it shares its width.
    pub fn rows(rows: impl IntoIterator<Item = (u16, Vec<Content>)>) -> Body {
        let mut widgets = Vec::new();
        let mut y = 0;
        for (height, contents) in rows {
            let count = u8::try_from(contents.len()).unwrap_or(COLUMNS).clamp(1, COLUMNS);
            let width = COLUMNS / count;
            let columns = (0..COLUMNS).step_by(usize::from(width));
            for (x, content) in columns.zip(contents) {
                widgets.push(Widget { place: Place { x, y, width, height }, content });
            }
            y += height;
        }
        Body::of(widgets)
    }

    /// A body as AWS gives it. What is no JSON is kept as the text that it is.
    pub(super) fn parse(text: &str) -> Body {
        let body = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        Body(shorthand::expanded(body))
    }

    /// The body as it is sent.
    pub(super) fn document(&self) -> String {
        self.0.to_string()
    }

    /// Its widgets, if it is made of widgets at all.
    pub(super) fn widgets(&self) -> Option<&Vec<Value>> {
        self.0["widgets"].as_array()
    }
}

/// References that have become known make the same body as values that were known from the beginning.
impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Body, D::Error> {
        Value::deserialize(deserializer).map(|body| Body(shorthand::expanded(body)))
    }
}

impl Widget {
    fn written(&self) -> Value {
        let Place { x, y, width, height } = self.place;
        let (sort, properties) = match &self.content {
            Content::Graph(graph) => ("metric", graph.written()),
            Content::Text(markdown) => ("text", json!({ "markdown": markdown })),
            Content::Alarms(AlarmStates { title, alarms }) => ("alarm", json!({ "title": title, "alarms": alarms })),
        };
        json!({ "type": sort, "x": x, "y": y, "width": width, "height": height, "properties": properties })
    }
}

impl AlarmStates {
    /// The states of these alarms.
    pub fn of(title: impl Into<String>, alarms: impl IntoIterator<Item = Ref<AlarmArn>>) -> AlarmStates {
        AlarmStates { title: title.into(), alarms: alarms.into_iter().collect() }
    }
}

impl From<Graph> for Content {
    fn from(graph: Graph) -> Content {
        Content::Graph(graph)
    }
}

impl From<AlarmStates> for Content {
    fn from(states: AlarmStates) -> Content {
        Content::Alarms(states)
    }
}

impl From<&str> for Content {
    fn from(markdown: &str) -> Content {
        Content::Text(markdown.to_owned())
    }
}
