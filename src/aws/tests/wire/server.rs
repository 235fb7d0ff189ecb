//! A server that answers by a script, and clients that call it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use infra_aws::{Aws, Endpoints, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one request.
#[derive(Clone)]
pub enum Reply {
    /// Reads it and hangs up.
    HangUp,
    /// Answers with a status, headers, and a body.
    Answer(u16, &'static [(&'static str, &'static str)], String),
    /// Says of an action that it is done, and nothing else.
    Done,
}

/// A server on a port of its own.
pub struct Server {
    /// Its address.
    pub url: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    requests: Vec<String>,
    under_way: usize,
    most_at_once: usize,
}

impl Server {
    /// Answers each request with the next reply; the last one holds for all that follow.
    pub async fn start(replies: impl Into<Vec<Reply>>) -> Server {
        Server::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), Duration::ZERO, replies.into())
    }

    /// The same with one reply for all, and each request under way for a while.
    pub async fn slow(pause: Duration, reply: Reply) -> Server {
        Server::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), pause, vec![reply])
    }

    /// Answers each request by what it asks for: with the first reply whose words are in it. For kinds that ask several
    /// things at once.
    pub async fn answering(replies: impl Into<Vec<(&'static str, Reply)>>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server::by(listener, Duration::ZERO, Script::ByWords(replies.into()))
    }

    /// The same on a port that is there already.
    pub fn on(listener: TcpListener, pause: Duration, replies: Vec<Reply>) -> Server {
        Server::by(listener, pause, Script::InTurn(replies))
    }

    fn by(listener: TcpListener, pause: Duration, script: Script) -> Server {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let (server, script) = (Server { url, seen: Arc::clone(&seen) }, Arc::new(script));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, pause, Arc::clone(&script), Arc::clone(&seen)));
            }
        });
        server
    }

    /// The requests so far, head and body.
    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().requests.clone()
    }

    /// How many requests were under way at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.seen.lock().unwrap().most_at_once
    }
}

/// Which reply is for which request.
enum Script {
    /// One after the other, and then the last.
    InTurn(Vec<Reply>),
    /// The first whose words are in the request.
    ByWords(Vec<(&'static str, Reply)>),
}

impl Script {
    fn reply(&self, position: usize, request: &str) -> &Reply {
        match self {
            Script::InTurn(replies) => replies.get(position).unwrap_or_else(|| replies.last().unwrap()),
            Script::ByWords(replies) => {
                let reply = replies.iter().find(|(words, _)| request.contains(words)).map(|(_, reply)| reply);
                reply.unwrap_or_else(|| panic!("nothing is said about this: {request}"))
            }
        }
    }
}

async fn serve(mut stream: TcpStream, pause: Duration, script: Arc<Script>, seen: Arc<Mutex<Seen>>) {
    let Some(request) = read(&mut stream).await else { return };
    let position = {
        let mut seen = seen.lock().unwrap();
        seen.requests.push(request.clone());
        seen.under_way += 1;
        seen.most_at_once = seen.most_at_once.max(seen.under_way);
        seen.requests.len() - 1
    };
    tokio::time::sleep(pause).await;
    seen.lock().unwrap().under_way -= 1;
    match script.reply(position, &request) {
        Reply::Done => write(&mut stream, &done(&request)).await,
        reply => write(&mut stream, reply).await,
    }
}

/// The empty answer to an action of a form.
fn done(request: &str) -> Reply {
    let action = request.split_once("Action=").unwrap().1.split('&').next().unwrap();
    xml(200, &format!("<{action}Response><{action}Result></{action}Result></{action}Response>"))
}

/// Answers the first request on a connection, and closes it.
pub async fn answer(mut stream: TcpStream, reply: &Reply) {
    read(&mut stream).await.unwrap();
    write(&mut stream, reply).await;
}

/// Answers a request.
pub async fn write(stream: &mut TcpStream, reply: &Reply) {
    if let Reply::Answer(status, headers, body) = reply {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let text =
            format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
        stream.write_all(text.as_bytes()).await.unwrap();
    }
}

/// One whole request, or nothing if the other side only tried the door.
pub async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 16_384];
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let head = text[..end].to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return Some(text);
            }
        }
    }
}

/// Clients of an environment whose own endpoint this is.
pub async fn aws(url: &str) -> Aws {
    let endpoints = Endpoints { file: Some(url.to_owned()), ..Endpoints::default() };
    Aws::load(Settings { region: "eu-central-1".into(), profile: None, endpoints }).await.unwrap()
}

/// An answer in JSON.
pub fn json(status: u16, body: &str) -> Reply {
    let headers = &[("content-type", "application/x-amz-json-1.1"), ("x-amzn-requestid", "req-json")];
    Reply::Answer(status, headers, body.to_owned())
}

/// An answer in XML.
pub fn xml(status: u16, body: &str) -> Reply {
    Reply::Answer(status, &[("content-type", "text/xml"), ("x-amzn-requestid", "req-xml")], body.to_owned())
}
