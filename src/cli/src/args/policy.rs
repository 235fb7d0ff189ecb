//! What `infra policy` is asked for.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use infra_operate::{Repository, Role};

/// `infra policy`
#[derive(Args, Debug)]
pub struct Policy {
    /// What the role does.
    #[arg(long, value_enum, default_value = "apply")]
    pub role: RoleName,
    /// The permissions boundary of every role that is made; what all roles in the code have when left out.
    #[arg(long, value_name = "ARN")]
    pub boundary: Option<String>,
    /// Print the policies of the apply role although nothing bounds the roles that it makes: it can then make itself an
    /// administrator.
    #[arg(long, conflicts_with = "boundary")]
    pub unbounded: bool,
    /// Print a policy that can be that boundary instead: what the roles in the code are given, and no more.
    #[arg(long, conflicts_with_all = ["boundary", "unbounded", "out", "trust", "scp"])]
    pub print_boundary: bool,
    /// Write each policy as `NAME.json` into this folder.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["trust", "scp"])]
    pub out: Option<PathBuf>,
    /// Print who may play the role instead: workflows of a repository.
    #[arg(long, value_enum, requires = "repository")]
    pub trust: Option<Provider>,
    /// The repository.
    #[arg(long, value_name = "OWNER/NAME", requires = "trust")]
    pub repository: Option<RepositoryName>,
    /// The numbers of the repository's owner and of itself, where its tokens have them.
    #[arg(long, value_name = "OWNER/REPOSITORY", requires = "trust")]
    pub repository_ids: Option<RepositoryIds>,
    /// A branch whose workflows may play it.
    #[arg(long, value_name = "BRANCH", requires = "trust")]
    pub branch: Vec<String>,
    /// An environment of GitHub's whose workflows may play it.
    #[arg(long, value_name = "NAME", requires = "trust")]
    pub github_environment: Vec<String>,
    /// Print the service control policy that keeps the tags `infra:*` to these principals instead.
    #[arg(long, requires = "principal", conflicts_with = "trust")]
    pub scp: bool,
    /// Who may write those tags: the ARN of a role, which may hold `*`.
    #[arg(long, value_name = "ARN", requires = "scp")]
    pub principal: Vec<String>,
}

/// What a role does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// Looks: plan, drift, show, owned, outputs, history.
    Plan,
    /// The whole life: plan, apply, rotate, destroy.
    Apply,
    /// Day to day: rotate secrets, change how many tasks there are, start the load test, break a lock.
    Operate,
    /// Takes over what is nobody's.
    Adopt,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Role {
        match name {
            RoleName::Plan => Role::Plan,
            RoleName::Apply => Role::Apply,
            RoleName::Operate => Role::Operate,
            RoleName::Adopt => Role::Adopt,
        }
    }
}

/// Whose word is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Provider {
    /// GitHub's, for its workflows.
    #[value(name = "github")]
    GitHub,
}

/// `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryName {
    owner: String,
    name: String,
}

impl RepositoryName {
    /// The repository, with its numbers where they are known.
    pub fn with(&self, ids: Option<RepositoryIds>) -> Repository {
        let numbers = ids.map(|RepositoryIds(owner, repository)| (owner, repository));
        Repository { owner: self.owner.clone(), name: self.name.clone(), numbers }
    }
}

impl FromStr for RepositoryName {
    type Err = String;

    fn from_str(text: &str) -> Result<RepositoryName, String> {
        // What is written here goes into a subject that is compared as it is.
        let fits = |part: &&str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        match text.split('/').collect::<Vec<_>>()[..] {
            [owner, name] if fits(&owner) && fits(&name) => {
                Ok(RepositoryName { owner: owner.to_owned(), name: name.to_owned() })
            }
            _ => Err(format!("`{text}` is not a repository: write `owner/name`")),
        }
    }
}

/// `123456/456789`: the numbers of a repository's owner and of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepositoryIds(u64, u64);

impl FromStr for RepositoryIds {
    type Err = String;

    fn from_str(text: &str) -> Result<RepositoryIds, String> {
        let numbers = text.split_once('/').and_then(|(owner, name)| Some((owner.parse().ok()?, name.parse().ok()?)));
        let (owner, repository) = numbers.ok_or_else(|| {
            format!("`{text}` are not two numbers: write `123456/456789`, the owner's and the repository's")
        })?;
        Ok(RepositoryIds(owner, repository))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_a_name_of_two_parts_with_nothing_left_open() {
        assert!("octocat/my-repo".parse::<RepositoryName>().is_ok());
        for wrong in ["octocat", "octocat/", "a/b/c", "octocat/*", "*/my-repo", "a/b:ref"] {
            assert!(wrong.parse::<RepositoryName>().is_err(), "{wrong}");
        }
        assert_eq!("1/2".parse(), Ok(RepositoryIds(1, 2)));
        assert!("1".parse::<RepositoryIds>().is_err());
    }
}
