//! Bodies in parts: `multipart/related` (RFC 2046) and `multipart/form-data` (RFC 7578), read without leniency. What
//! the parts mean, and how a provider words its refusal, is said where they are read.

use crate::wire::Request;

/// Why a body is not what it says it is.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the body must be {0}")]
    OtherType(&'static str),
    #[error("the content type has no boundary")]
    NoBoundary,
    #[error("the boundary is not 1 to 70 of the characters that it may have")]
    BadBoundary,
    #[error("the last boundary is missing")]
    NoEnd,
    #[error("{0}")]
    Malformed(String),
}

impl From<&str> for Problem {
    fn from(text: &str) -> Self {
        Self::Malformed(text.to_owned())
    }
}

#[derive(Debug, PartialEq)]
pub(crate) struct Part<'b> {
    headers: Vec<(String, String)>,
    pub(crate) content: &'b [u8],
}

impl Part<'_> {
    /// A header by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// One field of a form, which is a file where it has a filename.
#[derive(Debug, PartialEq)]
pub(crate) struct Field<'b> {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) content: &'b [u8],
}

/// The fields of a form in their order, none of them twice.
pub(crate) fn form(request: &Request) -> Result<Vec<Field<'_>>, Problem> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    for part in parts(request, "multipart/form-data")? {
        let field = field(&part)?;
        if fields.iter().any(|other| other.name == field.name) {
            return Err(Problem::Malformed(format!("`{}` is there more than once", field.name)));
        }
        fields.push(field);
    }
    Ok(fields)
}

/// The parts of a body of `media_type`, between delimiters that are lines of their own.
pub(crate) fn parts<'b>(request: &'b Request, media_type: &'static str) -> Result<Vec<Part<'b>>, Problem> {
    let delimiter = format!("\r\n--{}", boundary(request, media_type)?).into_bytes();
    let body = request.body.as_ref();
    // A line break before the first delimiter is an empty preamble.
    let start = body.strip_prefix(&delimiter[2..]).or_else(|| body.strip_prefix(delimiter.as_slice()));
    let mut rest = start.ok_or("the body does not begin with the boundary")?;
    let mut parts = Vec::new();
    loop {
        if let Some(epilogue) = rest.strip_prefix(b"--") {
            return match epilogue.trim_ascii() {
                b"" => Ok(parts),
                _ => Err("something follows the closing boundary".into()),
            };
        }
        let padding = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let inside = rest[padding..].strip_prefix(b"\r\n").ok_or("a boundary is not the end of its line")?;
        let end = find(inside, &delimiter).ok_or(Problem::NoEnd)?;
        parts.push(part(&inside[..end])?);
        rest = &inside[end + delimiter.len()..];
    }
}

fn boundary<'r>(request: &'r Request, media_type: &'static str) -> Result<&'r str, Problem> {
    if request.media_type().as_deref() != Some(media_type) {
        return Err(Problem::OtherType(media_type));
    }
    let mut parameters = request.header("content-type").unwrap_or_default().split(';').skip(1);
    let value = parameters.find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value)
    });
    let value = value.ok_or(Problem::NoBoundary)?;
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte);
    if (1..=70).contains(&value.len()) && value.bytes().all(allowed) {
        Ok(value)
    } else {
        Err(Problem::BadBoundary)
    }
}

fn part(text: &[u8]) -> Result<Part<'_>, Problem> {
    // An empty line ends the headers, also where there are none.
    let (head, content) = match text.strip_prefix(b"\r\n") {
        Some(content) => (&[][..], content),
        None => {
            let end = find(text, b"\r\n\r\n").ok_or("a part has no empty line after its headers")?;
            (&text[..end], &text[end + 4..])
        }
    };
    let head = std::str::from_utf8(head).map_err(|_| "the headers of a part are not UTF-8")?;
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or("a header of a part has no colon")?;
        let name = name.to_ascii_lowercase();
        if name.is_empty() || name.contains(char::is_whitespace) || value.contains('\n') {
            return Err("a header of a part is not well formed".into());
        }
        if headers.iter().any(|(own, _)| *own == name) {
            return Err(Problem::Malformed(format!("a part has the header `{name}` twice")));
        }
        headers.push((name, value.trim().to_owned()));
    }
    Ok(Part { headers, content })
}

fn field<'b>(part: &Part<'b>) -> Result<Field<'b>, Problem> {
    let known = ["content-disposition", "content-type"];
    if let Some((name, _)) = part.headers.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(Problem::Malformed(format!("a part has the header `{name}`, which means nothing here")));
    }
    let (name, filename) = disposition(part.header("content-disposition").unwrap_or_default())?;
    let content_type = part.header("content-type").map(str::to_owned);
    Ok(Field { name: name.ok_or("a part has no name")?, filename, content_type, content: part.content })
}

type Names = (Option<String>, Option<String>);

/// `form-data; name="file"; filename="a.txt"`, where a quotation mark is written as `%22` or with a backslash.
fn disposition(value: &str) -> Result<Names, Problem> {
    let mut rest = value.strip_prefix("form-data").ok_or("a part is not form-data")?;
    let (mut name, mut filename) = (None, None);
    while !rest.trim().is_empty() {
        let parameter =
            rest.trim_start().strip_prefix(';').ok_or("a disposition has no `;` where one is due")?;
        let (key, quoted) = parameter.trim_start().split_once("=\"").ok_or("a parameter is not quoted")?;
        let end = closing(quoted).ok_or("a quoted parameter does not end")?;
        let text = quoted[..end].replace("\\\"", "\"").replace("%22", "\"");
        match key {
            "name" if name.is_none() => name = Some(text),
            "filename" if filename.is_none() => filename = Some(text),
            _ => {
                let problem = format!("`{key}` is not a parameter of a disposition, or is there twice");
                return Err(Problem::Malformed(problem));
            }
        }
        rest = &quoted[end + 1..];
    }
    Ok((name, filename))
}

/// Where the quotation mark is that ends the text.
fn closing(quoted: &str) -> Option<usize> {
    let mut escaped = false;
    quoted.char_indices().find_map(|(at, character)| {
        let closes = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        closes.then_some(at)
    })
}

fn find(text: &[u8], sought: &[u8]) -> Option<usize> {
    text.windows(sought.len()).position(|window| window == sought)
}
