//! The Lambda function's program, for the runtime `provided.al2023`. Everything it does is in [`infra_loadtest::lambda`].

use std::io::Write as _;
use std::process::ExitCode;

use infra_loadtest::lambda::{RuntimeApi, serve};
use infra_loadtest::settings::Settings;

#[tokio::main]
async fn main() -> ExitCode {
    let Ok(authority) = std::env::var("AWS_LAMBDA_RUNTIME_API") else {
        log("AWS_LAMBDA_RUNTIME_API is not set: this program runs in AWS Lambda; `loadtest` runs anywhere");
        return ExitCode::from(2);
    };
    let environment = Settings::from_variables(|name| std::env::var(name).ok());
    let Err(error) = serve(&RuntimeApi::at(authority), environment, log).await;
    log(&format!("{error}{}", std::error::Error::source(&error).map(|why| format!(": {why}")).unwrap_or_default()));
    ExitCode::FAILURE
}

/// A line for CloudWatch Logs. Where it cannot be written there is nobody to tell.
fn log(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
