//! Bodies in parts: the JSON as `payload_json` and files as `files[0]`, `files[1]` and so on. Of a file the twin keeps
//! its name, type and size.

use super::failure::Failure;
use crate::multipart::{self, Problem};
use crate::strict::{self, Arguments, Fields};
use crate::wire::Request;

/// One file that came along.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// The number in its field's name, by which the JSON refers to it.
    pub(super) number: u64,
    pub(super) filename: String,
    pub(super) content_type: Option<String>,
    pub(super) size: usize,
}

pub(super) fn read(request: &Request, fields: Fields) -> Result<(Arguments, Vec<File>), Failure> {
    let parts = multipart::form(request).map_err(refused)?;
    let mut arguments = None;
    let mut files: Vec<File> = Vec::new();
    for part in parts {
        let name = part.name.as_str();
        if name == "payload_json" {
            arguments = Some(strict::from_json(part.content, fields)?);
            continue;
        }
        let number = name.strip_prefix("files[").and_then(|rest| rest.strip_suffix(']'));
        let number: Option<u64> = number.and_then(|number| number.parse().ok());
        let filename = part.filename.filter(|name| !name.is_empty());
        let (Some(number), Some(filename)) = (number, filename) else {
            return Err(Failure::sandbox("parts are payload_json, once, and files[n] with a filename"));
        };
        if files.iter().any(|file| file.number == number) {
            return Err(Failure::sandbox("two files have one number"));
        }
        files.push(File { number, filename, content_type: part.content_type, size: part.content.len() });
    }
    let arguments = match arguments {
        Some(arguments) => arguments,
        None => strict::from_json(b"{}", fields)?,
    };
    Ok((arguments, files))
}

fn refused(problem: Problem) -> Failure {
    match problem {
        Problem::OtherType(_) => {
            let message =
                "Expected \"Content-Type\" header to be one of {'application/json', 'multipart/form-data'}.";
            Failure::form("_misc", "CONTENT_TYPE", message)
        }
        problem => Failure::sandbox(&problem.to_string()),
    }
}
