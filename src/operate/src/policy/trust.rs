//! Who may play the roles: trust policies for the workflows of a repository on GitHub.
//!
//! A workflow shows a token of GitHub's, and its subject says of which repository and for what it runs:
//! <https://docs.github.com/actions/reference/security/oidc>. Subjects are compared as they are, with nothing left open.

use serde_json::{Value, json};

use super::home::Home;

/// GitHub's provider of identities.
const PROVIDER: &str = "token.actions.githubusercontent.com";

/// A repository on GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its owner's name.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// The numbers of its owner and of itself, which nobody is ever given again. Repositories that were made or renamed
    /// since the summer of 2026 have them in their subjects.
    pub numbers: Option<(u64, u64)>,
}

/// For what a workflow runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// For a pull request.
    PullRequest,
    /// For a branch that was pushed to.
    Branch(String),
    /// In an environment of GitHub's, with its reviewers and its branches.
    Environment(String),
}

impl Repository {
    /// What the subject says of the repository.
    fn subject(&self) -> String {
        let Repository { owner, name, numbers } = self;
        match numbers {
            Some((of_owner, of_repository)) => format!("repo:{owner}@{of_owner}/{name}@{of_repository}"),
            None => format!("repo:{owner}/{name}"),
        }
    }
}

impl Place {
    /// What the subject says of the run.
    fn subject(&self) -> String {
        match self {
            Place::PullRequest => "pull_request".to_owned(),
            Place::Branch(branch) => format!("ref:refs/heads/{branch}"),
            // A colon separates the parts of a subject, and is written otherwise within one.
            Place::Environment(environment) => format!("environment:{}", environment.replace(':', "%3A")),
        }
    }
}

/// The trust policy of a role that workflows of a repository play at these places.
pub fn trusts_github(home: &Home<'_>, repository: &Repository, places: &[Place]) -> Value {
    let repository = repository.subject();
    let subjects: Vec<String> = places.iter().map(|place| format!("{repository}:{}", place.subject())).collect();
    let provider = home.arn(&format!("iam::{{account}}:oidc-provider/{PROVIDER}"));
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "WorkflowsOfTheRepository",
            "Effect": "Allow",
            "Principal": { "Federated": provider },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    format!("{PROVIDER}:aud"): "sts.amazonaws.com",
                    format!("{PROVIDER}:sub"): subjects,
                },
            },
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(numbers: Option<(u64, u64)>, places: &[Place]) -> Value {
        let repository = Repository { owner: "octocat".into(), name: "my-repo".into(), numbers };
        let owner = "shop/prod".parse().unwrap();
        let home = Home { owner: &owner, account: "123456789012", region: "eu-west-1", bucket: "b" };
        let policy = trusts_github(&home, &repository, places);
        let only = &policy["Statement"][0];
        let provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
        assert_eq!(only["Principal"]["Federated"], provider);
        let equal = &only["Condition"]["StringEquals"];
        assert_eq!(equal["token.actions.githubusercontent.com:aud"], "sts.amazonaws.com");
        assert_eq!(only["Condition"].as_object().unwrap().len(), 1, "nothing is compared with `*` in it");
        equal["token.actions.githubusercontent.com:sub"].clone()
    }

    #[test]
    fn a_subject_says_for_what_the_workflow_runs() {
        let places = [
            Place::PullRequest,
            Place::Branch("release/1".into()),
            Place::Environment("production".into()),
            Place::Environment("eu:prod".into()),
        ];
        let expected = json!([
            "repo:octocat/my-repo:pull_request",
            "repo:octocat/my-repo:ref:refs/heads/release/1",
            "repo:octocat/my-repo:environment:production",
            "repo:octocat/my-repo:environment:eu%3Aprod",
        ]);
        assert_eq!(subjects(None, &places), expected);
    }

    #[test]
    fn a_repository_with_numbers_is_told_by_them() {
        let place = [Place::Branch("main".into())];
        let expected = json!(["repo:octocat@123456/my-repo@456789:ref:refs/heads/main"]);
        assert_eq!(subjects(Some((123_456, 456_789)), &place), expected);
    }
}
