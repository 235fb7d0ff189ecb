//! As much of HTTP/1.1 as emulators and the SDK speak with each other: whole messages over one connection.

use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A request or an answer.
#[derive(Clone, Debug)]
pub struct Message {
    /// The request line, or the status line.
    pub first: String,
    /// Headers, in their order.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

impl Message {
    /// A message with a body.
    pub fn new(first: impl Into<String>, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Message {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Message { first: first.into(), headers, body: body.into() }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The number of an answer.
    pub fn status(&self) -> u16 {
        self.first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The next request of a connection; `None` when the other side has closed it.
    pub fn read_request(stream: &mut BufReader<TcpStream>) -> Result<Option<Message>> {
        let Some(mut message) = read_head(stream)? else { return Ok(None) };
        if message.header("expect").is_some() {
            stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            message.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("expect"));
        }
        message.body = read_body(stream, &message, false)?;
        Ok(Some(message))
    }

    /// The answer to a request.
    pub fn read_answer(stream: &mut BufReader<TcpStream>, to_head: bool) -> Result<Message> {
        loop {
            let mut message = read_head(stream)?.ok_or_else(|| Error::other("closed without an answer"))?;
            if message.status() >= 200 {
                message.body = if to_head { Vec::new() } else { read_body(stream, &message, true)? };
                return Ok(message);
            }
        }
    }

    /// Writes it with the length of its body, whatever framing it came in.
    pub fn write(&self, stream: &mut impl Write, to_head: bool) -> Result<()> {
        let mut bytes = format!("{}\r\n", self.first).into_bytes();
        let framing = ["content-length", "transfer-encoding", "connection"];
        for (name, value) in &self.headers {
            if to_head || !framing.iter().any(|framing| name.eq_ignore_ascii_case(framing)) {
                bytes.extend(format!("{name}: {value}\r\n").into_bytes());
            }
        }
        if !to_head {
            bytes.extend(format!("content-length: {}\r\n", self.body.len()).into_bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        stream.write_all(&bytes)?;
        stream.flush()
    }
}

/// Sends a request to `127.0.0.1:PORT` on a connection of its own.
pub fn send(address: &str, request: &Message) -> Result<Message> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    request.write(&mut stream, false)?;
    Message::read_answer(&mut BufReader::new(stream), request.first.starts_with("HEAD "))
}

fn read_head(stream: &mut BufReader<TcpStream>) -> Result<Option<Message>> {
    let mut first = String::new();
    if stream.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(Error::other("a head without end"));
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    Ok(Some(Message { first: first.trim_end().to_owned(), headers, body: Vec::new() }))
}

fn read_body(stream: &mut BufReader<TcpStream>, head: &Message, is_answer: bool) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    if head.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        loop {
            let mut size = String::new();
            stream.read_line(&mut size)?;
            let size = size.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16).map_err(Error::other)?;
            stream.by_ref().take(size).read_to_end(&mut body)?;
            stream.read_line(&mut String::new())?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    match head.header("content-length").and_then(|length| length.parse().ok()) {
        Some(length) => {
            body.resize(length, 0);
            stream.read_exact(&mut body)?;
        }
        None if is_answer && !matches!(head.status(), 204 | 304) => {
            stream.read_to_end(&mut body)?;
        }
        None => {}
    }
    Ok(body)
}
