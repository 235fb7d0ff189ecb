//! The pool as it is started, in front of a real Postgres whose password changes. Left out where one of the programs is
//! not there, but where `INFRA_TEST_DATABASES` is set, as `.ci/run` does once it has them: `apt-get install postgresql pgbouncer` brings them.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use infra_aws::ecs::{Container, TaskDefinition};

use crate::testing::{changed, environment, the};

/// Where the programs are, and as whom they run: Postgres does not run as root.
struct Programs {
    folders: String,
    user: Vec<&'static str>,
}

impl Programs {
    fn find() -> Option<Programs> {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
        folders.sort();
        folders.reverse();
        folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        folders.push("/usr/sbin".into());
        let all = ["initdb", "postgres", "psql", "pgbench", "pgbouncer", "openssl", "sh"];
        let there = all.iter().all(|program| folders.iter().any(|folder| folder.join(program).exists()));
        let id = Command::new("id").arg("-u").output().ok()?;
        let user = if id.stdout == b"0\n" {
            vec!["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
        } else {
            Vec::new()
        };
        let folders = std::env::join_paths(folders).ok()?.into_string().ok()?;
        there.then_some(Programs { folders, user })
    }

    fn command(&self, words: &[&str], variables: &BTreeMap<String, String>) -> Command {
        let path = format!("PATH={}", self.folders);
        let variables = variables.iter().map(|(name, value)| format!("{name}={value}"));
        let mut words = self
            .user
            .iter()
            .copied()
            .chain(["env", &path])
            .map(str::to_owned)
            .chain(variables)
            .chain(words.iter().map(|word| (*word).to_owned()));
        let mut command = Command::new(words.next().unwrap());
        command.args(words).current_dir("/tmp").stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str], password: &str) -> Output {
        // Who finds no connection for a client keeps it waiting.
        let variables = [("PGPASSWORD", password), ("PGCONNECT_TIMEOUT", "5")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        self.command(words, &variables).output().unwrap()
    }
}

/// What runs beside the test, and ends with it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It is asked to end, so that what it has started ends with it.
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        sleep(Duration::from_millis(500));
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

/// A Postgres of the test's own, and what is around it.
struct Site {
    programs: Programs,
    port: String,
    folder: PathBuf,
    _postgres: Running,
}

impl Site {
    fn begin(programs: Programs) -> Site {
        let made = programs.run(&["mktemp", "-d", "/tmp/infra-pool-XXXXXX"], "");
        let folder = PathBuf::from(String::from_utf8(made.stdout).unwrap().trim());
        let data = folder.join("data");
        let (port, data) = (free_port(), data.to_str().unwrap());
        let secret = format!(
            "printf root > {0}/root && initdb -D {data} -A scram-sha-256 -U root --pwfile={0}/root",
            folder.display()
        );
        let output = programs.run(&["sh", "-c", &secret], "");
        assert!(output.status.success(), "{output:?}");
        let sockets = format!("unix_socket_directories={}", folder.display());
        let words = ["postgres", "-D", data, "-p", &port, "-c", "listen_addresses=localhost", "-c", &sockets];
        let log = fs::File::create("/dev/null").unwrap();
        let postgres = programs.command(&words, &BTreeMap::new()).stderr(log).spawn().unwrap();
        let site = Site { programs, port, folder, _postgres: Running(postgres) };
        site.sql_when_ready("create role django login password 'first'");
        site.sql_when_ready("create database django owner django");
        site
    }

    fn psql(&self, port: &str, user: &str, password: &str, database: &str, sql: &str) -> Output {
        let words = ["psql", "-h", "127.0.0.1", "-p", port, "-U", user, "-d", database, "-qAtc", sql];
        self.programs.run(&words, password)
    }

    fn sql_when_ready(&self, sql: &str) {
        for _ in 0..100 {
            let output = self.psql(&self.port, "root", "root", "postgres", sql);
            if output.status.success() {
                return;
            }
            sleep(Duration::from_millis(100));
        }
        panic!("Postgres does not do it: {sql}");
    }

    /// Lets Postgres show a certificate for `localhost`, and gives that of whoever has signed it.
    fn show_a_certificate(&self) -> String {
        let folder = self.folder.display();
        let sign = format!(
            "cd {folder} && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem && \
             openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout own.key \
             -out own.csr && openssl x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
             -copy_extensions copy -out own.pem && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca \
             -keyout another.key -out another.pem"
        );
        let output = self.programs.run(&["sh", "-c", &sign], "");
        assert!(output.status.success(), "{output:?}");
        self.sql_when_ready(&format!("alter system set ssl_cert_file = '{folder}/own.pem'"));
        self.sql_when_ready(&format!("alter system set ssl_key_file = '{folder}/own.key'"));
        self.sql_when_ready("alter system set ssl = on");
        self.sql_when_ready("select pg_reload_conf()");
        fs::read_to_string(self.folder.join("ca.pem")).unwrap()
    }

    /// The pool as production starts it, but for where Postgres is and that nothing is encrypted on the way there.
    fn pool(&self, password: &str, newest: &str, before: &str) -> Pool<'_> {
        self.pool_with(password, newest, before, &[])
    }

    /// The same with these variables.
    fn pool_with(&self, password: &str, newest: &str, before: &str, more: &[(&str, &str)]) -> Pool<'_> {
        let task: TaskDefinition = the(&environment("prod"), "cluster.pgbouncer-task-definition");
        let Container { entry_point, command, environment, secrets, .. } = &task.containers["pgbouncer"];
        let port = free_port();
        let mut variables: BTreeMap<String, String> =
            environment.iter().map(|(name, value)| (name.clone(), value.value())).collect();
        let said = [
            ("DB_HOST", "127.0.0.1".to_owned()),
            ("DB_REPLICA_HOST", "127.0.0.1".to_owned()),
            ("DB_PORT", self.port.clone()),
            ("DB_PASSWORD", password.to_owned()),
            ("SERVER_TLS_SSLMODE", "disable".to_owned()),
            ("LISTEN_PORT", port.clone()),
            ("DEFAULT_POOL_SIZE", "5".to_owned()),
            ("CLIENT_USER", format!("services-{newest}")),
            ("CLIENT_PASSWORD", format!("secret-{newest}")),
            ("FORMER_CLIENT_USER", format!("services-{before}")),
            ("FORMER_CLIENT_PASSWORD", format!("secret-{before}")),
        ];
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
        for (name, value) in said.into_iter().chain(more) {
            let known = variables.contains_key(name) || secrets.contains_key(name);
            assert!(known, "production does not tell the pool {name}");
            variables.insert(name.to_owned(), value);
        }
        let words: Vec<&str> = entry_point.iter().chain(command).map(String::as_str).collect();
        let log = || fs::File::create("/dev/null").unwrap();
        let child = self.programs.command(&words, &variables).stdout(log()).stderr(log()).spawn().unwrap();
        let pool = Pool { site: self, port, _running: Running(child) };
        for _ in 0..50 {
            if std::net::TcpStream::connect(("127.0.0.1", pool.port.parse().unwrap())).is_ok() {
                break;
            }
            sleep(Duration::from_millis(100));
        }
        pool
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(Path::new(&self.folder));
    }
}

struct Pool<'a> {
    site: &'a Site,
    port: String,
    _running: Running,
}

impl Pool<'_> {
    fn lets_in(&self, version: &str) -> bool {
        let (user, password) = (format!("services-{version}"), format!("secret-{version}"));
        let asked = |name: &str| self.site.psql(&self.port, &user, &password, name, "select 1").stdout == b"1\n";
        let let_in = asked("django");
        assert_eq!(asked("django-replica"), let_in, "the replica lets in whom the database lets in");
        let_in
    }

    /// Many clients that connect anew for each transaction, beside the test.
    fn load(&self, version: &str, seconds: &str) -> Child {
        let file = self.site.folder.join("load.sql");
        let (user, file) = (format!("services-{version}"), file.to_str().unwrap().to_owned());
        let written = self.site.programs.run(&["sh", "-c", &format!("echo 'select pg_sleep(0.005);' > {file}")], "");
        assert!(written.status.success());
        let words = ["pgbench", "-h", "127.0.0.1", "-p", &self.port, "-U", &user, "-n", "-C", "-c", "8", "-T", seconds];
        let words: Vec<&str> = words.into_iter().chain(["-f", &file, "django"]).collect();
        let variables = BTreeMap::from([("PGPASSWORD".to_owned(), format!("secret-{version}"))]);
        self.site.programs.command(&words, &variables).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

#[track_caller]
fn check_nobody_was_refused(load: Child) {
    let output = load.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !complaints.contains("FATAL"), "{said}{complaints}");
    assert!(!said.contains("actually processed: 0"), "{said}");
}

/// A password that AWS rotates is not pinned to a version; that there is another one is told beside it, so that the next
/// apply starts the pool anew.
#[test]
fn the_pool_follows_a_password_that_aws_manages() {
    let managed = changed("dev", &[("backups_kept = 1 ", "password = \"managed_by_aws\"\nbackups_kept = 1 ")]);
    let task: TaskDefinition = the(&managed, "cluster.pgbouncer-task-definition");
    let own: TaskDefinition = the(&environment("dev"), "cluster.pgbouncer-task-definition");
    let Container { environment, secrets, .. } = &task.containers["pgbouncer"];
    assert_eq!(environment["DB_PASSWORD_VERSION"].value(), "database.postgres.secret_version");
    let source = serde_json::to_value(&secrets["DB_PASSWORD"]).unwrap();
    assert_eq!((&source["key"], &source["version"]), (&"password".into(), &serde_json::Value::Null));

    let Container { environment, secrets, .. } = &own.containers["pgbouncer"];
    assert!(!environment.contains_key("DB_PASSWORD_VERSION"));
    assert!(
        !serde_json::to_value(&secrets["DB_PASSWORD"]).unwrap()["version"].is_null(),
        "it has its version in itself"
    );
}

/// A Postgres, where there can be one.
fn site() -> Option<Site> {
    there_or_left_out(Programs::find(), std::env::var_os("INFRA_TEST_DATABASES").is_some()).map(Site::begin)
}

/// What there is. Where it is decided what is merged, there has to be something.
fn there_or_left_out<T>(programs: Option<T>, decides: bool) -> Option<T> {
    const MISSING: &str =
        "the pool in front of Postgres: `apt-get install postgresql pgbouncer` brings what is missing";
    assert!(programs.is_some() || !decides, "NOT TESTED: {MISSING}");
    if programs.is_none() {
        eprintln!("NOT TESTED: {MISSING}");
    }
    programs
}

#[test]
fn what_is_missing_is_left_out_by_people_and_fails_the_machine_that_decides() {
    assert_eq!((there_or_left_out(Some(1), true), there_or_left_out(None::<u8>, false)), (Some(1), None));
    assert!(std::panic::catch_unwind(|| there_or_left_out(None::<u8>, true)).is_err());
}

#[test]
fn with_its_certificates_the_pool_speaks_to_postgres_and_to_nobody_else() {
    let Some(site) = site() else { return };
    let ca = site.show_a_certificate();
    let another = fs::read_to_string(site.folder.join("another.pem")).unwrap();
    let verified = |host: &str, ca: &str| {
        let said =
            [("DB_HOST", host), ("DB_REPLICA_HOST", host), ("SERVER_TLS_SSLMODE", "verify-full"), ("SERVER_CA", ca)];
        site.pool_with("first", "v1", "v1", &said).lets_in("v1")
    };
    assert!(verified("localhost", &ca));
    assert!(!verified("localhost", &another), "it is signed by somebody else");
    assert!(!verified("127.0.0.1", &ca), "it is for another name");
}

#[test]
fn a_new_password_refuses_nobody() {
    let Some(site) = site() else { return };
    let old = site.pool("first", "v1", "v1");
    assert!(old.lets_in("v1") && !old.lets_in("v2"));

    // Postgres has another password, and one of the pool's connections breaks: the others go on.
    let load = old.load("v1", "8");
    sleep(Duration::from_secs(2));
    site.sql_when_ready("alter role django password 'second'");
    sleep(Duration::from_secs(1));
    let broken = "select count(pg_terminate_backend(pid)) from \
                  (select pid from pg_stat_activity where usename = 'django' and state = 'idle' limit 1) one";
    site.sql_when_ready(broken);
    assert!(!site.pool("first", "v1", "v1").lets_in("v1"), "a pool with the old password alone has no connection");

    // The pool is started anew with the new password, and what services show changes as well: both are taken.
    let new = site.pool("second", "v2", "v1");
    assert!(new.lets_in("v1") && new.lets_in("v2") && !new.lets_in("v3"));
    check_nobody_was_refused(new.load("v1", "2"));
    check_nobody_was_refused(new.load("v2", "2"));
    check_nobody_was_refused(load);
}
