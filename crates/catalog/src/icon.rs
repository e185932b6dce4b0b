//! A toolkit's icon: one shape in one colour, so that it can be nothing but a picture.

/// A path on a canvas of 24 by 24.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icon {
    path: String,
    color: String,
}

impl Icon {
    /// `path` is SVG path data, `color` is `#rrggbb`.
    pub(crate) fn new(path: &str, color: &str) -> Result<Self, String> {
        let drawn = |byte: u8| byte.is_ascii_digit() || b" .,-MmLlHhVvCcSsQqTtAaZz".contains(&byte);
        if !path.starts_with(['M', 'm']) || !path.bytes().all(drawn) {
            return Err("`path` is SVG path data, which begins with `M`".to_owned());
        }
        let digits = color.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("`color` is `#rrggbb`".to_owned());
        }
        Ok(Self { path: path.to_owned(), color: color.to_owned() })
    }

    /// As a document of its own.
    pub fn svg(&self) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\" width=\"24\" height=\"24\">\
             <path fill=\"{}\" fill-rule=\"evenodd\" d=\"{}\"/></svg>\n",
            self.color, self.path
        )
    }
}
