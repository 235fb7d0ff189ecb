//! Command lines of curl, as browsers copy them: each is a step.

use super::draft::{self, Draft, Steps, escaped};
use super::{NoImport, har, urls};
use crate::plan::words::Template;
use crate::plan::{Content, Part};

/// Reads command lines.
pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), NoImport> {
    let mut steps = Steps::default();
    for (line, words) in commands(text)? {
        command(&words, line, draft, &mut steps);
    }
    draft.scenario("commands", 1, steps);
    Ok(())
}

/// What a command says.
#[derive(Default)]
struct Command<'w> {
    method: Option<&'w str>,
    address: Option<&'w str>,
    headers: Vec<(String, String)>,
    data: Vec<String>,
    form: Vec<(String, Part)>,
    json: bool,
    in_query: bool,
    user: bool,
}

fn command(words: &[String], line: usize, draft: &mut Draft, steps: &mut Steps) {
    let command = read_command(words, line, draft);
    let Some(address) = command.address else {
        return draft.taking.not("curl", line, "it has no address", "write the whole address");
    };
    let address = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let Some((base, path)) = urls::split(&address) else {
        return draft.taking.not(
            format!("curl {address}"),
            line,
            "only http:// and https:// are asked",
            "test it with a tool of its own",
        );
    };
    let target = draft.plan.target.get_or_insert_with(|| base.to_owned());
    let mut path = if target == base { path.to_owned() } else { address.clone() };
    if command.in_query && !command.data.is_empty() {
        path = format!("{path}{}{}", if path.contains('?') { '&' } else { '?' }, command.data.join("&"));
    }
    let sends = !command.form.is_empty() || (!command.data.is_empty() && !command.in_query);
    let method = command.method.unwrap_or(if sends { "POST" } else { "GET" });
    let name = format!("{method} {}", path.split('?').next().unwrap_or(&path));
    let Some(mut step) = escaped(&path).parse().ok().and_then(|path| draft::step(&name, method, path)) else {
        return draft.taking.not(
            format!("curl {address}"),
            line,
            format!("a plan has no method {method}"),
            "ask with another method",
        );
    };
    let mut media = None;
    for (name, value) in &command.headers {
        let name = name.to_ascii_lowercase();
        if matches!(name.as_str(), "host" | "content-length" | "connection" | "accept-encoding" | "transfer-encoding")
            || name.starts_with("sec-")
        {
            continue;
        }
        if name == "content-type" {
            media = Some(value.clone());
            continue;
        }
        let value = Template::literal(value.as_str());
        let kept = match name.as_str() {
            "authorization" | "cookie" | "x-api-key" | "x-csrf-token" => {
                draft.secret(&name, value, &format!("header {name}"), line)
            }
            _ => value,
        };
        step.headers.insert(name, kept);
    }
    if command.user {
        draft.taking.not(
            "curl --user",
            line,
            "passwords are not written into a plan",
            "set the environment variable AUTHORIZATION to `Basic …`",
        );
        step.headers.extend("${secret:AUTHORIZATION}".parse().ok().map(|value| ("authorization".to_owned(), value)));
    }
    if !command.form.is_empty() {
        step.content = Some(Content::Multipart(command.form.into_iter().collect()));
    } else if sends {
        let body = command.data.join("&");
        let is_json = command.json || media.as_deref().is_some_and(|media| media.contains("json"));
        match serde_json::from_str::<serde_json::Value>(&body) {
            Ok(json) if is_json => step.content = Some(Content::Json(har::literal(json))),
            _ => {
                step.content = Some(Content::Body(Template::literal(body)));
                let media = media.unwrap_or_else(|| {
                    if is_json { "application/json" } else { "application/x-www-form-urlencoded" }.to_owned()
                });
                step.headers.insert("content-type".to_owned(), Template::literal(media));
            }
        }
    } else if let Some(media) = media {
        step.headers.insert("content-type".to_owned(), Template::literal(media));
    }
    draft.taking.took();
    steps.add(step);
}

/// The options that have a value, by their short and long names, as far as they are known.
fn read_command<'w>(words: &'w [String], line: usize, draft: &mut Draft) -> Command<'w> {
    let mut command = Command::default();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        // `-XPOST`, `-H'a: b'` and `--request=POST` have their value with them.
        let (option, with) = match word {
            long if long.starts_with("--") => {
                long.split_once('=').map_or((long, None), |(option, value)| (option, Some(value)))
            }
            short if short.starts_with('-') && short.len() > 2 && takes_value(&short[..2]) => {
                (&short[..2], Some(&short[2..]))
            }
            word => (word, None),
        };
        let mut value = || with.or_else(|| words.next()).unwrap_or_default();
        match option {
            "-X" | "--request" => command.method = Some(value()),
            "-H" | "--header" => {
                let header = value();
                if let Some((name, value)) = header.split_once(':') {
                    command.headers.push((name.trim().to_owned(), value.trim().to_owned()));
                }
            }
            "-d" | "--data" | "--data-raw" | "--data-ascii" | "--data-binary" | "--data-urlencode" | "--json" => {
                command.json |= option == "--json";
                let data = value();
                if option != "--data-raw" && data.starts_with('@') {
                    draft.taking.not(
                        format!("curl {option} {data}"),
                        line,
                        "a body is not read from a file",
                        "put the file's text into `body`",
                    );
                } else if option == "--data-urlencode" {
                    let (name, text) = data.split_once('=').unwrap_or(("", data));
                    let encoded =
                        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
                    command.data.push(if name.is_empty() { encoded } else { format!("{name}={encoded}") });
                } else {
                    command.data.push(data.to_owned());
                }
            }
            "-F" | "--form" | "--form-string" => {
                if let Some((name, text)) = value().split_once('=') {
                    command.form.push((name.to_owned(), part(text, option == "--form-string")));
                }
            }
            "-G" | "--get" => command.in_query = true,
            "-I" | "--head" => command.method = Some("HEAD"),
            "-u" | "--user" => {
                value();
                command.user = true;
            }
            "-b" | "--cookie" => command.headers.push(("cookie".to_owned(), value().to_owned())),
            "-A" | "--user-agent" => command.headers.push(("user-agent".to_owned(), value().to_owned())),
            "-e" | "--referer" => command.headers.push(("referer".to_owned(), value().to_owned())),
            "--url" => command.address = Some(value()),
            // What only concerns what curl itself shows or writes.
            "-s" | "-S" | "-sS" | "-v" | "-i" | "-f" | "--silent" | "--show-error" | "--verbose" | "--include"
            | "--fail" | "--compressed" | "-#" | "--globoff" | "-g" => {}
            "-o" | "--output" | "-w" | "--write-out" | "-m" | "--max-time" | "--connect-timeout" | "--retry" => {
                value();
            }
            "-L" | "--location" => draft.taking.not(
                format!("curl {option}"),
                line,
                "redirects are not followed: each is an answer of its own",
                "ask the last address itself",
            ),
            "-k" | "--insecure" => draft.taking.not(
                format!("curl {option}"),
                line,
                "certificates are always checked",
                "put the authority's certificate where the system looks for it",
            ),
            unknown if unknown.starts_with('-') && unknown.len() > 1 => {
                if takes_value(unknown) {
                    value();
                }
                draft.taking.not(format!("curl {unknown}"), line, "a plan has nothing like it", "see what it does");
            }
            address => command.address = Some(address),
        }
    }
    command
}

fn takes_value(option: &str) -> bool {
    let short = [
        "-X", "-H", "-d", "-F", "-u", "-b", "-A", "-e", "-o", "-w", "-m", "-x", "-E", "-T", "-r", "-y", "-Y", "-c",
        "-D",
    ];
    let long = [
        "--proxy",
        "--cert",
        "--key",
        "--cacert",
        "--upload-file",
        "--range",
        "--resolve",
        "--cookie-jar",
        "--interface",
        "--max-redirs",
    ];
    short.contains(&option) || long.contains(&option)
}

fn part(text: &str, as_it_is: bool) -> Part {
    match text.strip_prefix('@') {
        Some(file) if !as_it_is => {
            let (file, media) =
                file.split_once(";type=").map_or((file, None), |(file, media)| (file, Some(media.to_owned())));
            Part::File { file: file.to_owned(), media }
        }
        _ => Part::Text(Template::literal(text)),
    }
}

/// The words of each command that is curl's, and the line on which it begins; as a shell splits them.
fn commands(text: &str) -> Result<Vec<(usize, Vec<String>)>, NoImport> {
    let (mut all, mut words, mut word, mut line, mut begins) = (Vec::new(), Vec::new(), None::<String>, 1, 1);
    let mut letters = text.chars().peekable();
    let mut quote = None;
    while let Some(c) = letters.next() {
        line += usize::from(c == '\n');
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') | (Some('$'), '\'') => quote = None,
            (Some('\''), c) => word.get_or_insert_default().push(c),
            (Some('$'), '\\') => word.get_or_insert_default().push(match letters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            }),
            (Some(_), '\\') => match letters.next() {
                Some('\n') => line += 1,
                Some(c @ ('"' | '\\' | '$' | '`')) => word.get_or_insert_default().push(c),
                Some(c) => word.get_or_insert_default().extend(['\\', c]),
                None => {}
            },
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '$') if letters.peek() == Some(&'\'') => {
                letters.next();
                word.get_or_insert_default();
                quote = Some('$');
            }
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            (None, '\\') => match letters.next() {
                Some('\n') => line += 1,
                Some('\r') => {
                    letters.next_if_eq(&'\n');
                    line += 1;
                }
                Some(c) => word.get_or_insert_default().push(c),
                None => {}
            },
            (None, '#') if word.is_none() => while letters.next_if(|c| *c != '\n').is_some() {},
            (None, '\n' | ';' | '|' | '&') => {
                words.extend(word.take());
                all.push((begins, std::mem::take(&mut words)));
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => {
                if word.is_none() && words.is_empty() {
                    begins = line;
                }
                word.get_or_insert_default().push(c);
            }
        }
    }
    if quote.is_some() {
        return Err(NoImport::at(line, "a quote has no end"));
    }
    words.extend(word);
    all.push((begins, words));
    let is_curl = |words: &[String]| {
        words.first().is_some_and(|word| word == "curl" || word.ends_with("/curl") || word == "curl.exe")
    };
    Ok(all.into_iter().filter(|(_, words)| is_curl(words)).map(|(line, words)| (line, words[1..].to_vec())).collect())
}
