//! A proxy between the program and the cloud. It records every call, and treats each as the test says.

use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::http::{Message, send};

/// A call that came by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The how-manieth it is of its sort: reads and changes are counted apart, from 1.
    pub number: usize,
    /// `ec2`, `iam`, `s3`, ….
    pub service: String,
    /// `CreateVpc`; of S3: `PUT`.
    pub operation: String,
    /// What it is about, of S3: `/bucket/key`.
    pub path: String,
    /// True when it may change something.
    pub changes: bool,
    /// When it came.
    pub at: Instant,
}

/// What becomes of a call.
pub enum Treatment {
    /// It goes through.
    Pass,
    /// It goes through, later.
    Delay(Duration),
    /// The connection is closed; the call never arrives.
    Drop,
    /// The call arrives; its answer does not.
    Lose,
    /// Something else answers.
    Refuse(Refusal),
    /// Nothing ever answers.
    Freeze,
    /// The program is killed before the call arrives.
    KillBefore,
    /// The program is killed once the call has had its effect.
    KillAfter,
}

/// An answer in place of the cloud's.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// `400`.
    pub status: u16,
    /// `AccessDenied`.
    pub code: &'static str,
    /// What it says.
    pub message: &'static str,
}

/// A running proxy. It ends with the process.
#[derive(Clone)]
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

type Rule = Box<dyn Fn(&Call) -> Treatment + Send + Sync>;

/// Whom to kill.
enum Aim {
    /// Who is about to start, since then.
    Expected(Instant),
    /// This process, which was expected since then.
    At(u32, Instant),
    /// Nobody, or nobody any more.
    Nobody,
}

struct State {
    cloud: String,
    calls: Mutex<Vec<Call>>,
    rule: Mutex<Arc<Rule>>,
    aim: Mutex<Aim>,
}

impl Proxy {
    /// A proxy to the local cloud that lets everything through.
    pub fn start() -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cloud = infra_local_cloud::endpoint().trim_start_matches("http://").to_owned();
        let pass: Rule = Box::new(|_| Treatment::Pass);
        let (calls, rule) = (Mutex::default(), Mutex::new(Arc::new(pass)));
        let state = Arc::new(State { cloud, calls, rule, aim: Mutex::new(Aim::Nobody) });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || state.serve(stream));
            }
        });
        Proxy { port, state }
    }

    /// Where it answers.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on calls are treated so; the record and its numbers start anew.
    pub fn treat(&self, rule: impl Fn(&Call) -> Treatment + Send + Sync + 'static) {
        *self.state.rule.lock().unwrap() = Arc::new(Box::new(rule));
        self.forget();
    }

    /// From now on calls go through; the record starts anew.
    pub fn pass(&self) {
        self.treat(|_| Treatment::Pass);
    }

    /// Empties the record.
    pub fn forget(&self) {
        self.state.calls.lock().unwrap().clear();
    }

    /// What came by.
    pub fn calls(&self) -> Vec<Call> {
        self.state.calls.lock().unwrap().clone()
    }

    /// What came by and may have changed something.
    pub fn changes(&self) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.changes).collect()
    }

    /// Somebody is about to start whom a call may kill.
    pub fn expect(&self) {
        *self.state.aim.lock().unwrap() = Aim::Expected(Instant::now());
    }

    /// This is who was expected.
    pub fn aim_at(&self, process: u32) {
        let mut aim = self.state.aim.lock().unwrap();
        if let Aim::Expected(since) = *aim {
            *aim = Aim::At(process, since);
        }
    }
}

impl State {
    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let Ok(writer) = stream.try_clone() else { return };
        let (mut reader, mut writer) = (BufReader::new(stream), writer);
        // A connection ends when either side has had enough of it.
        while let Ok(Some(request)) = Message::read_request(&mut reader) {
            let call = self.record(&request);
            let rule = Arc::clone(&self.rule.lock().unwrap());
            if self.answer(&request, &call, rule(&call), &mut writer).is_none() {
                return;
            }
        }
    }

    /// `None` when the connection is to be closed.
    fn answer(&self, request: &Message, call: &Call, treatment: Treatment, writer: &mut TcpStream) -> Option<()> {
        let to_head = request.first.starts_with("HEAD ");
        match treatment {
            Treatment::Pass => {}
            Treatment::Delay(pause) => thread::sleep(pause),
            Treatment::Drop => return None,
            Treatment::Lose => {
                self.forward(request)?;
                return None;
            }
            Treatment::Refuse(refusal) => return refusal.to(&call.service, request).write(writer, to_head).ok(),
            Treatment::Freeze => loop {
                thread::sleep(Duration::from_secs(60));
            },
            Treatment::KillBefore => {
                self.kill(call);
                return None;
            }
            Treatment::KillAfter => {
                self.forward(request)?;
                self.kill(call);
                return None;
            }
        }
        self.forward(request)?.write(writer, to_head).ok()
    }

    fn forward(&self, request: &Message) -> Option<Message> {
        send(&self.cloud, request).ok()
    }

    fn record(&self, request: &Message) -> Call {
        let (service, operation, path) = what(request);
        let reads = ["Describe", "List", "Get", "Head", "BatchGet", "HEAD", "GET"];
        let changes = !reads.iter().any(|read| operation.starts_with(read));
        let mut calls = self.calls.lock().unwrap();
        let number = calls.iter().filter(|call| call.changes == changes).count() + 1;
        let call = Call { number, service, operation, path, changes, at: Instant::now() };
        calls.push(call.clone());
        call
    }

    /// Kills who has made the call. Other calls of one that is dead already hurt nobody else.
    fn kill(&self, call: &Call) {
        loop {
            let mut aim = self.aim.lock().unwrap();
            match *aim {
                Aim::At(process, since) if since < call.at => {
                    let killed = Command::new("kill").args(["-KILL", &process.to_string()]).status();
                    assert!(killed.is_ok_and(|status| status.success()), "process {process} is killed");
                    *aim = Aim::Nobody;
                    return;
                }
                // Its first calls may be faster than the test that tells who it is.
                Aim::Expected(since) if since < call.at => {}
                _ => return,
            }
            drop(aim);
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The service, the operation, and the path of a call.
fn what(request: &Message) -> (String, String, String) {
    let mut words = request.first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let scope = request.header("authorization").and_then(|signed| signed.split("Credential=").nth(1));
    let service = scope.and_then(|scope| scope.split('/').nth(3)).unwrap_or_default().to_owned();
    let target = request.header("x-amz-target").and_then(|target| target.rsplit('.').next());
    let in_path = path.rsplit_once("/operation/").map(|(_, operation)| operation);
    let body = request.text();
    let action = body.strip_prefix("Action=").or_else(|| body.split("&Action=").nth(1));
    let action = action.and_then(|action| action.split('&').next());
    // Deleting many objects is a POST, and asking for a list is a GET: of S3 the method says enough.
    (service, target.or(in_path).or(action).unwrap_or(method).to_owned(), path.to_owned())
}

impl Refusal {
    /// As the service would write it.
    fn to(&self, service: &str, request: &Message) -> Message {
        let Refusal { status, code, message } = self;
        let first = format!("HTTP/1.1 {status} Refused");
        let xml = |body: String| {
            let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
            Message::new(first.clone(), &[("content-type", "text/xml")], body)
        };
        let error = format!("<Code>{code}</Code><Message>{message}</Message>");
        match service {
            "ec2" => {
                xml(format!("<Response><Errors><Error>{error}</Error></Errors><RequestID>r-1</RequestID></Response>"))
            }
            "s3" => xml(format!("<Error>{error}<RequestId>r-1</RequestId></Error>")),
            _ if request.header("x-amz-target").is_some() => {
                let body = format!("{{\"__type\":\"{code}\",\"message\":\"{message}\"}}");
                Message::new(first, &[("content-type", "application/x-amz-json-1.1")], body)
            }
            _ => xml(format!(
                "<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>r-1</RequestId></ErrorResponse>"
            )),
        }
    }
}
