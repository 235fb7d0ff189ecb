//! What is in a message, however it is written: form, JSON or XML. Two messages that say the same are equal here.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

/// Every value of a message by the way to it: `Budget.BudgetLimit.Amount`, and `Tags[Project]` for a list of pairs.
pub type Message = BTreeMap<String, String>;

/// What a body says. The lists in `sets` have no order; they are named by steps that are next to each other on the way.
pub fn read(body: &str, sets: &[&str]) -> Message {
    let body = body.trim();
    let tree = match body.chars().next() {
        Some('{') => Tree::of_json(&serde_json::from_str(body).unwrap()),
        Some('<') => element(body.split_once("?>").map_or(body, |(_, rest)| rest)).0.1,
        _ => Tree::of_form(body),
    };
    let mut message = Message::new();
    tree.put(String::new(), sets, &mut message);
    message
}

/// True if these steps are next to each other on a way, whatever the numbers between them.
pub fn passes(way: &str, steps: &str) -> bool {
    let plain: Vec<_> = way.split(['.', '[']).filter(|step| !is_number(step)).collect();
    format!(".{}.", plain.join(".")).contains(&format!(".{steps}."))
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tree {
    Text(String),
    /// A number, or true or false: in JSON that is not the same as its text.
    Bare(String),
    List(Vec<Tree>),
    Map(BTreeMap<String, Tree>),
}

impl Tree {
    fn of_json(json: &Json) -> Tree {
        match json {
            Json::Object(members) => {
                Tree::Map(members.iter().map(|(name, value)| (name.clone(), Tree::of_json(value))).collect())
            }
            Json::Array(items) => Tree::List(items.iter().map(Tree::of_json).collect()),
            Json::String(text) => Tree::Text(text.clone()),
            // 70 and 70.0 are one number.
            Json::Number(number) => Tree::Bare(number.as_f64().unwrap().to_string()),
            Json::Bool(_) | Json::Null => Tree::Bare(json.to_string()),
        }
    }

    fn of_form(body: &str) -> Tree {
        let mut tree = Tree::Map(BTreeMap::new());
        for pair in body.split('&') {
            let (name, value) = pair.trim().split_once('=').unwrap();
            let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
            let mut at = &mut tree;
            for step in decode(name).split('.') {
                let Tree::Map(members) = at else { panic!("{name} is a value and has members") };
                at = members.entry(step.to_owned()).or_insert_with(|| Tree::Map(BTreeMap::new()));
            }
            *at = Tree::Text(decode(value));
        }
        tree.with_lists()
    }

    /// A form numbers the items of its lists.
    fn with_lists(self) -> Tree {
        let Tree::Map(members) = self else { return self };
        let members = members.into_iter().map(|(name, value)| (name, value.with_lists()));
        let members: BTreeMap<String, Tree> = members.collect();
        if members.is_empty() || !members.keys().all(|name| is_number(name)) {
            return Tree::Map(members);
        }
        let mut items: Vec<(usize, Tree)> =
            members.into_iter().map(|(number, item)| (number.parse().unwrap(), item)).collect();
        items.sort();
        Tree::List(items.into_iter().map(|(_, item)| item).collect())
    }

    fn put(&self, way: String, sets: &[&str], message: &mut Message) {
        let step = |name: &str| if way.is_empty() { name.to_owned() } else { format!("{way}.{name}") };
        match self {
            Tree::Text(text) => drop(message.insert(way, text.clone())),
            Tree::Bare(text) => drop(message.insert(way, format!("`{text}`"))),
            Tree::Map(members) if members.is_empty() => drop(message.insert(way, "{}".to_owned())),
            Tree::List(items) if items.is_empty() => drop(message.insert(way, "[]".to_owned())),
            Tree::Map(members) => members.iter().for_each(|(name, value)| value.put(step(name), sets, message)),
            Tree::List(items) => match items.iter().map(Tree::pair).collect::<Option<Vec<_>>>() {
                Some(pairs) => {
                    message.extend(pairs.into_iter().map(|(key, value)| (format!("{way}[{key}]"), value.to_owned())));
                }
                None => {
                    let mut items = items.clone();
                    if sets.iter().any(|set| passes(&format!("{way}.!"), &format!("{set}.!"))) {
                        items.sort();
                    }
                    let numbered = items.iter().zip(1..);
                    numbered.for_each(|(item, number)| item.put(step(&number.to_string()), sets, message));
                }
            },
        }
    }

    /// The key and the value of a tag, or of what is written as tags are.
    fn pair(&self) -> Option<(&str, &str)> {
        let Tree::Map(members) = self else { return None };
        let member = |names: [&str; 2]| names.into_iter().find_map(|name| members.get(name));
        match (member(["Key", "key"])?, member(["Value", "value"])?, members.len()) {
            (Tree::Text(key), Tree::Text(value), 2) => Some((key, value)),
            _ => None,
        }
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<usize>().is_ok()
}

/// The first element of an XML text, by its name, and what comes after it. Here an element holds a text or elements,
/// and lists are called `Items`.
fn element(text: &str) -> ((String, Tree), &str) {
    let (tag, mut rest) = text.trim_start().strip_prefix('<').unwrap().split_once('>').unwrap();
    let name = tag.split([' ', '/']).next().unwrap();
    if tag.ends_with('/') {
        return ((name.to_owned(), nothing()), rest);
    }
    let end = format!("</{name}>");
    if !rest.trim_start().starts_with('<') || rest.starts_with(&end) {
        let (text, rest) = rest.split_once(&end).unwrap();
        return ((name.to_owned(), Tree::Text(text.to_owned())), rest);
    }
    let mut inside = Vec::new();
    let rest = loop {
        match rest.trim_start().strip_prefix(&end) {
            Some(after) => break after,
            None => {
                let (child, after) = element(rest);
                inside.push(child);
                rest = after;
            }
        }
    };
    let tree = match name {
        "Items" => Tree::List(inside.into_iter().map(|(_, item)| item).collect()),
        // A list of nothing is as good as none.
        _ => Tree::Map(inside.into_iter().filter(|(name, item)| name != "Items" || *item != nothing()).collect()),
    };
    ((name.to_owned(), tree), rest)
}

fn nothing() -> Tree {
    Tree::Text(String::new())
}

#[test]
fn what_says_the_same_is_equal_however_it_is_written() {
    let said = |said: &[(&str, &str)]| {
        said.iter().map(|(way, value)| ((*way).to_owned(), (*value).to_owned())).collect::<Message>()
    };
    let form = "A.2=c+d&A.1=b&\nT.1.Value=e&T.1.Key=k&N=70";
    assert_eq!(read(form, &[]), said(&[("A.1", "b"), ("A.2", "c d"), ("T[k]", "e"), ("N", "70")]));
    let json = r#"{"T": [{"Key": "k", "Value": "e"}], "A": ["c d", "b"], "N": 70.0, "M": "70", "L": []}"#;
    let members = [("A.1", "b"), ("A.2", "c d"), ("T[k]", "e"), ("N", "`70`"), ("M", "70"), ("L", "[]")];
    assert_eq!(read(json, &["A"]), said(&members));
    let xml =
        "<?xml version=\"1.0\"?>\n<R xmlns=\"u\"><U>\n  <Items><I>x</I></Items></U><V><N>0</N><Items/></V><F/></R>";
    assert_eq!(read(xml, &[]), said(&[("U.Items.1", "x"), ("V.N", "0"), ("F", "")]));
}

#[test]
fn a_way_passes_steps_that_are_next_to_each_other() {
    assert!(passes("A.Items.1.B", "A.Items.B") && passes("Tags[k]", "Tags") && passes("A.2", "A"));
    assert!(!passes("A.Items.1.B", "A.B") && !passes("AB", "A"));
}
