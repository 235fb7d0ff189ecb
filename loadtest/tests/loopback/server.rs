//! A web server in a few lines of tokio, which answers as it is told to and counts what it does: the load test's own
//! numbers are compared with these.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use infra_loadtest::settings::{Name, Settings};
use infra_loadtest::{LoadTest, input};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// What the server does with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// A status and a body of so many bytes.
    Answer(u16, usize),
    /// Closes the connection without a word.
    HangUp,
    /// Says what is no HTTP.
    Babble,
    /// Promises more than it sends.
    BreakOff,
    /// Says nothing, and keeps the connection.
    Silence,
}

/// What the server did.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    pub deeds: BTreeMap<Deed, u64>,
    /// From the end of each request to the end of its answer.
    pub latencies: Vec<Duration>,
    pub connections: u64,
    /// The last request's head, and all bytes of bodies.
    pub head: String,
    pub received: u64,
}

impl Counted {
    /// The latency in milliseconds that this share did not exceed.
    pub fn percentile(&self, share: f64) -> f64 {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let place = (share * sorted.len() as f64).ceil() as usize;
        sorted[place.clamp(1, sorted.len()) - 1].as_secs_f64() * 1000.0
    }

    pub fn all(&self) -> u64 {
        self.deeds.values().sum()
    }

    pub fn of(&self, wanted: impl Fn(&Deed) -> bool) -> u64 {
        self.deeds.iter().filter(|(deed, _)| wanted(deed)).map(|(_, count)| count).sum()
    }
}

/// What becomes of the request with a number, counted from 0, and after which time.
pub type Script = fn(u64) -> (Duration, Deed);

pub struct Server {
    pub address: String,
    counted: Arc<Mutex<Counted>>,
}

impl Server {
    /// A server on a free port of this machine, until the test ends.
    pub async fn start(script: Script) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let counted = Arc::new(Mutex::new(Counted::default()));
        let shared = Arc::clone(&counted);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                shared.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, Arc::clone(&shared), script));
            }
        });
        Server { address, counted }
    }

    pub fn url(&self) -> String {
        format!("http://{}/some/page?and=query", self.address)
    }

    pub fn counted(&self) -> Counted {
        self.counted.lock().unwrap().clone()
    }
}

/// Serves one connection, until either side ends it.
pub async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, counted: Arc<Mutex<Counted>>, script: Script) {
    let mut stream = BufReader::new(stream);
    while let Some((head, body)) = read_request(&mut stream).await {
        let began = Instant::now();
        let (wait, deed) = {
            let mut counted = counted.lock().unwrap();
            let (wait, deed) = script(counted.all());
            *counted.deeds.entry(deed).or_default() += 1;
            counted.head = head;
            counted.received += body.len() as u64;
            (wait, deed)
        };
        tokio::time::sleep(wait).await;
        match deed {
            Deed::Answer(status, length) => {
                let head = format!("HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\n\r\n");
                let answer = [head.into_bytes(), vec![b'x'; length]].concat();
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
                counted.lock().unwrap().latencies.push(began.elapsed());
            }
            Deed::HangUp => return,
            Deed::Babble => drop(stream.write_all(b"220 smtp.example.com ready\r\n\r\n").await),
            Deed::BreakOff => {
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this").await);
                return;
            }
            Deed::Silence => drop(stream.read(&mut [0]).await),
        }
    }
}

/// The head and the body of the next request. None at the end of the connection.
pub async fn read_request(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

/// The test that these settings make.
pub fn test_of(target: &str, said: &[(Name, &str)]) -> LoadTest {
    let mut settings = Settings::default();
    settings.set(Name::TargetUrl, target);
    for (name, value) in said {
        settings.set(*name, *value);
    }
    input::read(&settings).unwrap()
}
