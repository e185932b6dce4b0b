//! What Composio calls a user of ours: `{app_id}_{user_id}`, so that no app reaches another's accounts there.
//!
//! An app id is `app_` and letters and digits, so the second underscore ends it. The user id is percent-encoded (RFC
//! 3986, unreserved characters stay), because lists of ids are separated by commas there; where that gets long, a digest
//! behind a `~`, which is never left as it is, stands for it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use store::{AppId, UserId};

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
const LONGEST: usize = 200;

pub(crate) fn remote_user(app: &AppId, user: &UserId) -> String {
    let plain = utf8_percent_encode(user.as_str(), ENCODED).to_string();
    if plain.len() <= LONGEST {
        return format!("{app}_{plain}");
    }
    format!("{app}_~{}", URL_SAFE_NO_PAD.encode(Sha256::digest(user.as_str())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(app: &str, user: &str) -> String {
        remote_user(&AppId::new(app), &UserId::new(user))
    }

    #[test]
    fn usual_users_stay_readable() {
        assert_eq!(encoded("app_01", "8c5f-41_x.y"), "app_01_8c5f-41_x.y");
        assert_eq!(encoded("app_01", "ada@example.com, other"), "app_01_ada%40example.com%2C%20other");
        assert_eq!(encoded("app_01", "~x"), "app_01_%7Ex");
        assert_eq!(encoded("app_01", &"é".repeat(200)).len(), "app_01_~".len() + 43);
    }

    proptest! {
        /// Two pairs are the same over there only if they are the same here.
        #[test]
        fn no_two_users_share_a_name(
            app in "app_[0-9a-z]{1,26}", other_app in "app_[0-9a-z]{1,26}",
            user in "\\PC{1,80}", other in "\\PC{1,80}",
        ) {
            let same = app == other_app && user == other;
            prop_assert_eq!(encoded(&app, &user) == encoded(&other_app, &other), same);
            prop_assert!(encoded(&app, &user).bytes().all(|byte| byte.is_ascii_graphic() && byte != b','));
        }

        /// Underscores at the seam say nothing: the app's part has exactly one.
        #[test]
        fn the_seam_is_unambiguous(app in "app_[0-9a-z]{1,10}", user in "[a-z_0-9]{1,40}") {
            let text = encoded(&app, &user);
            let (before, after) = text.match_indices('_').nth(1).map(|(at, _)| text.split_at(at)).expect("two");
            prop_assert_eq!((before, &after[1..]), (app.as_str(), user.as_str()));
        }
    }
}
