//! Images that machines start from: one by its identifier, or the newest one of a family at the time.

use std::fmt;
use std::str::FromStr;

use infra_engine::live::{Fault, FaultKind};
use serde::{Deserialize, Serialize};

use super::fault::Ec2Fault;
use super::instance_type::Processor;
use crate::{Aws, Sorted};

/// The permissions that looking up an image needs.
pub(super) const GET_PARAMETERS: &str = "ssm:GetParameters";
/// See [`GET_PARAMETERS`].
pub(super) const DESCRIBE_IMAGES: &str = "ec2:DescribeImages";

/// The image that machines start from.
///
/// The newest image is another one every few weeks. So it is looked up when something is made of it, and not again:
/// a plan does not change because AWS has published an image. To move to a newer one is a decision of its own,
/// `infra apply --replace workers.fleet`.
///
/// ```
/// use infra_aws::ec2::{Image, ImageFamily};
///
/// let newest = Image::Newest(ImageFamily::Ecs2023);
/// assert_eq!(newest.to_string(), "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id");
/// let this_one: Image = "ami-0a1b2c3d4e5f60718".parse().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Image {
    /// The one that is the newest of its family when it is first used.
    Newest(ImageFamily),
    /// This one: `ami-0a1b2c3d4e5f60718`.
    Exactly(ImageId),
}

/// The identifier of an image: `ami-` and 8 or 17 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageId(String);

/// Images of AWS whose newest is named by a public parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFamily {
    /// Amazon Linux 2023 with the agent of ECS.
    Ecs2023,
    /// The same for Graviton.
    Ecs2023Arm,
    /// Amazon Linux 2 with the agent of ECS.
    Ecs2,
    /// The same for Graviton.
    Ecs2Arm,
}

/// A text that is no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an image: write `ami-…`, or `resolve:ssm:` and the parameter of a family that is known here")]
pub struct ImageError(String);

impl ImageFamily {
    const ALL: [ImageFamily; 4] =
        [ImageFamily::Ecs2023, ImageFamily::Ecs2023Arm, ImageFamily::Ecs2, ImageFamily::Ecs2Arm];

    /// The public parameter that holds the identifier of its newest image.
    pub fn parameter(self) -> &'static str {
        match self {
            ImageFamily::Ecs2023 => "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id",
            ImageFamily::Ecs2023Arm => "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id",
            ImageFamily::Ecs2 => "/aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id",
            ImageFamily::Ecs2Arm => "/aws/service/ecs/optimized-ami/amazon-linux-2/arm64/recommended/image_id",
        }
    }

    /// The processor that its images run on.
    pub fn processor(self) -> Processor {
        match self {
            ImageFamily::Ecs2023 | ImageFamily::Ecs2 => Processor::X86,
            ImageFamily::Ecs2023Arm | ImageFamily::Ecs2Arm => Processor::Arm,
        }
    }
}

/// An image that exists, and what must be known of it to start machines.
pub(super) struct Resolved {
    pub id: String,
    /// The name under which its first disk appears.
    pub root_device: String,
}

impl Image {
    /// The image as it is now, by reading calls alone.
    pub(super) async fn resolve(&self, aws: &Aws) -> Result<Resolved, Fault> {
        let id = match self {
            Image::Exactly(ImageId(id)) => id.clone(),
            Image::Newest(family) => newest(aws, *family).await?,
        };
        let missing = || Fault::new(FaultKind::Refused, DESCRIBE_IMAGES, format!("there is no image {id}"));
        let answer = aws.ec2().describe_images().image_ids(&id).send().await.sorted(DESCRIBE_IMAGES).reading()?;
        let image = answer.and_then(|answer| answer.images.unwrap_or_default().pop()).ok_or_else(missing)?;
        let root_device = image.root_device_name.unwrap_or_else(|| "/dev/xvda".to_owned());
        Ok(Resolved { id, root_device })
    }
}

async fn newest(aws: &Aws, family: ImageFamily) -> Result<String, Fault> {
    let answer = aws.ssm().get_parameters().names(family.parameter()).send().await.sorted(GET_PARAMETERS)?;
    let parameter = answer.parameters.unwrap_or_default().pop();
    parameter.and_then(|parameter| parameter.value).ok_or_else(|| {
        let message = format!("the public parameter {} is not there: write an image out, `ami-…`", family.parameter());
        Fault::new(FaultKind::Refused, GET_PARAMETERS, message)
    })
}

/// How EC2 itself writes that something is the value of a parameter.
const PARAMETER: &str = "resolve:ssm:";

impl FromStr for Image {
    type Err = ImageError;

    fn from_str(text: &str) -> Result<Image, ImageError> {
        let wrong = || ImageError(text.to_owned());
        if let Some(parameter) = text.strip_prefix(PARAMETER) {
            let family = ImageFamily::ALL.into_iter().find(|family| family.parameter() == parameter);
            return family.map(Image::Newest).ok_or_else(wrong);
        }
        let digits = text.strip_prefix("ami-").ok_or_else(wrong)?;
        let hexadecimal = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match (digits.len(), hexadecimal) {
            (8 | 17, true) => Ok(Image::Exactly(ImageId(text.to_owned()))),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Image::Newest(family) => write!(f, "{PARAMETER}{}", family.parameter()),
            Image::Exactly(ImageId(id)) => f.write_str(id),
        }
    }
}

impl TryFrom<String> for Image {
    type Error = ImageError;

    fn try_from(text: String) -> Result<Image, ImageError> {
        text.parse()
    }
}

impl From<Image> for String {
    fn from(image: Image) -> String {
        image.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_read_as_it_is_written() {
        for family in ImageFamily::ALL {
            let image = Image::Newest(family);
            assert_eq!(image.to_string().parse(), Ok(image));
        }
        for id in ["ami-0a1b2c3d", "ami-0a1b2c3d4e5f60718"] {
            assert_eq!(id.parse::<Image>().unwrap().to_string(), id);
        }
    }

    #[test]
    fn what_is_no_image_is_refused() {
        for text in ["", "ami-", "ami-xyz", "ami-0A1B2C3D", "0a1b2c3d", "resolve:ssm:/aws/service/other", "latest"] {
            assert!(text.parse::<Image>().is_err(), "{text}");
        }
    }
}
