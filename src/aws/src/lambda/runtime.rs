//! What a function runs on.

use serde::{Deserialize, Serialize};

/// Each runtime, once: its name here, and AWS's.
macro_rules! runtimes {
    ($($(#[$document:meta])* $name:ident = $text:literal;)*) => {
        /// What a function runs on.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum Runtime {
            $($(#[$document])* $name,)*
            /// Any other, by AWS's name.
            Other(String),
        }

        impl Runtime {
            /// AWS's name of it: `python3.13`.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Runtime::$name => $text,)*
                    Runtime::Other(text) => text,
                }
            }
        }

        impl From<String> for Runtime {
            fn from(text: String) -> Runtime {
                match text.as_str() {
                    $($text => Runtime::$name,)*
                    _ => Runtime::Other(text),
                }
            }
        }
    };
}

runtimes! {
    /// .NET 8.
    Dotnet8 = "dotnet8";
    /// Java 21.
    Java21 = "java21";
    /// Node.js 22.
    Nodejs22 = "nodejs22.x";
    /// Nothing but Amazon Linux 2023: the package has a program named `bootstrap`, as Rust and Go make it.
    Provided2023 = "provided.al2023";
    /// Python 3.12.
    Python312 = "python3.12";
    /// Python 3.13.
    Python313 = "python3.13";
    /// Ruby 3.4.
    Ruby34 = "ruby3.4";
}

/// What AWS has retired: no function can be made of it.
const RETIRED: &[&str] = &[
    "dotnet6",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "go1.x",
    "java8",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "nodejs16.x",
    "nodejs18.x",
    "provided",
    "python2.7",
    "python3.6",
    "python3.7",
    "python3.8",
    "python3.9",
    "ruby2.5",
    "ruby2.7",
];

impl Runtime {
    /// True when AWS makes no function of it any more.
    pub fn is_retired(&self) -> bool {
        RETIRED.contains(&self.as_str())
    }
}

impl From<Runtime> for String {
    fn from(runtime: Runtime) -> String {
        runtime.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_is_known_by_its_name() {
        assert_eq!(Runtime::from("python3.12".to_owned()), Runtime::Python312);
        assert_eq!(Runtime::from("cobol74".to_owned()), Runtime::Other("cobol74".into()));
        assert!(Runtime::from("python3.9".to_owned()).is_retired());
        assert!(!Runtime::Python312.is_retired());
    }
}
