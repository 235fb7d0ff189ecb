//! A client of the cloud that knows nothing of the program: what tests ask what is there, and change it behind its back.

use serde_json::{Value, json};

use super::http::{Message, send};
use super::xml::Element;

/// A client of one account. Its calls do not go through any proxy.
#[derive(Clone, Debug)]
pub struct AwsClient {
    /// The account.
    pub account: String,
    address: String,
}

impl AwsClient {
    /// A client of an account of the local cloud.
    pub fn new(account: &str) -> AwsClient {
        let address = infra_local_cloud::endpoint().trim_start_matches("http://").to_owned();
        AwsClient { account: account.to_owned(), address }
    }

    /// A call of EC2, which must succeed.
    pub fn ec2(&self, action: &str, parameters: &[(&str, &str)]) -> Element {
        self.query("ec2", "2016-11-15", action, parameters)
    }

    /// A call of IAM, which must succeed.
    pub fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Element {
        self.query("iam", "2010-05-08", action, parameters)
    }

    /// A call of SNS, which must succeed.
    pub fn sns(&self, action: &str, parameters: &[(&str, &str)]) -> Element {
        self.query("sns", "2010-03-31", action, parameters)
    }

    /// A call about a function, which must succeed.
    pub fn lambda(&self, method: &str, path: &str, body: &Value) -> Value {
        let first = format!("{method} /2015-03-31/functions/{path} HTTP/1.1");
        let headers = [("content-type", "application/json")];
        let answer = self.call("lambda", &first, &headers, body.to_string().as_bytes());
        assert!(answer.status() < 300, "{method} {path}: {}", answer.text());
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// A call of CloudWatch Logs, which must succeed.
    pub fn logs(&self, action: &str, body: &Value) -> Value {
        self.json("logs", &format!("Logs_20140328.{action}"), body)
    }

    /// A call of ECS, which must succeed.
    pub fn ecs(&self, action: &str, body: &Value) -> Value {
        self.json("ecs", &format!("AmazonEC2ContainerServiceV20141113.{action}"), body)
    }

    /// A call of Secrets Manager, which must succeed.
    pub fn secrets(&self, action: &str, body: &Value) -> Value {
        self.json("secretsmanager", &format!("secretsmanager.{action}"), body)
    }

    /// A call of Application Auto Scaling, which must succeed.
    pub fn autoscaling(&self, action: &str, body: &Value) -> Value {
        self.json("application-autoscaling", &format!("AnyScaleFrontendService.{action}"), body)
    }

    /// What a secret is.
    pub fn secret(&self, name: &str) -> String {
        let answer = self.json("secretsmanager", "secretsmanager.GetSecretValue", &json!({"SecretId": name}));
        answer["SecretString"].as_str().unwrap().to_owned()
    }

    /// A call of S3.
    pub fn s3(&self, method: &str, path: &str, body: &[u8]) -> Message {
        self.call("s3", &format!("{method} {path} HTTP/1.1"), &[], body)
    }

    /// The identifier of the one EC2 resource at an address.
    pub fn id(&self, address: &str) -> String {
        let filters = [("Filter.1.Name", "key"), ("Filter.1.Value.1", "infra:address")];
        let tags = self.ec2("DescribeTags", &filters);
        let of_address = tags.all("item").into_iter().filter(|item| item.first("value") == Some(address));
        let ids: Vec<&str> = of_address.filter_map(|item| item.first("resourceId")).collect();
        assert_eq!(ids.len(), 1, "one resource bears {address}: {ids:?}");
        ids[0].to_owned()
    }

    /// The buckets of the account.
    pub fn buckets(&self) -> Vec<String> {
        let answer = Element::parse(&self.s3("GET", "/", b"").text());
        answer.all("Bucket").iter().filter_map(|bucket| bucket.first("Name")).map(str::to_owned).collect()
    }

    /// The keys in a bucket.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let answer = Element::parse(&self.s3("GET", &format!("/{bucket}?list-type=2"), b"").text());
        answer.all("Key").iter().map(|key| key.text.clone()).collect()
    }

    fn query(&self, service: &str, version: &str, action: &str, parameters: &[(&str, &str)]) -> Element {
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in parameters {
            body += &format!("&{name}={}", escaped(value));
        }
        let form = ("content-type", "application/x-www-form-urlencoded");
        let answer = self.call(service, "POST / HTTP/1.1", &[form], body.as_bytes());
        assert_eq!(answer.status(), 200, "{action}: {}", answer.text());
        Element::parse(&answer.text())
    }

    fn json(&self, service: &str, target: &str, body: &Value) -> Value {
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)];
        let answer = self.call(service, "POST / HTTP/1.1", &headers, body.to_string().as_bytes());
        assert_eq!(answer.status(), 200, "{target}: {}", answer.text());
        if answer.body.is_empty() { Value::Null } else { serde_json::from_slice(&answer.body).unwrap() }
    }

    fn call(&self, service: &str, first: &str, headers: &[(&str, &str)], body: &[u8]) -> Message {
        let Self { account, address } = self;
        // Emulators look at the scope and not at the signature.
        let scope = format!("{account}/20260101/us-east-1/{service}/aws4_request");
        let signed = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none");
        let mut all = vec![("host", address.as_str()), ("authorization", &signed)];
        all.extend(headers);
        send(address, &Message::new(first, &all, body)).unwrap()
    }
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
