//! Secrets that are known by their beginning or their form: the keys of common services, tokens, PEM blocks, passwords in addresses.

use std::sync::LazyLock;

use regex::Regex;

/// One alternative a kind. Those that begin like another, longer one stand after it.
const FORMS: &[&str] = &[
    // PEM, PuTTY, PGP, age; a block that was cut has no end.
    r"(?s:-----BEGIN [A-Z0-9 ]{1,40}-----.*?(?:-----END [A-Z0-9 ]{1,40}-----|\z))",
    r"(?s:PuTTY-User-Key-File-\d.*?(?:Private-MAC: [0-9a-f]+|\z))",
    r"AGE-SECRET-KEY-1[0-9A-Z]{20,}",
    // JSON web tokens, whole or without their signature.
    r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}",
    // Amazon, Google, Microsoft, clouds.
    r"\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{12,20}\b",
    r"\bAIza[A-Za-z0-9_-]{20,}",
    r"\bya29\.[A-Za-z0-9_-]{10,}",
    r"\bGOCSPX-[A-Za-z0-9_-]{10,}",
    r"\b1//0[A-Za-z0-9_-]{20,}",
    r"(?i:AccountKey|SharedAccessKey|SharedAccessSignature|sig)=[A-Za-z0-9%/+=_-]{16,}",
    r"\b[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{20,}",
    r"\bdo[por]_v1_[a-f0-9]{20,}",
    r"\bLTAI[A-Za-z0-9]{12,}",
    r"\bAKID[A-Za-z0-9]{13,}",
    r"\b(?:hvs|hvb|hvr)\.[A-Za-z0-9_-]{20,}",
    r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{20,}",
    r"\bpul-[a-f0-9]{20,}",
    r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{16,}",
    r"\btskey-[A-Za-z0-9-]{10,}",
    r"\bFlyV1 [A-Za-z0-9_=,/+-]{16,}",
    r"\bfo1_[A-Za-z0-9_-]{20,}",
    // Code hosting and packages.
    r"\bgithub_pat_[A-Za-z0-9_]{16,}",
    r"\bgh[pousr]_[A-Za-z0-9]{16,}",
    r"\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas|ffct)-[A-Za-z0-9_.-]{10,}",
    r"\b_gitlab_session=[A-Za-z0-9]{10,}",
    r"\bnpm_[A-Za-z0-9]{20,}",
    r"\bpypi-[A-Za-z0-9_-]{16,}",
    r"\brubygems_[a-f0-9]{20,}",
    r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{16,}",
    r"\b(?:ATATT3|ATCTT3|ATBB|ATSTT3)[A-Za-z0-9_=-]{16,}",
    r"\bnfp_[A-Za-z0-9]{20,}",
    r"\bsgp_[A-Za-z0-9_]{16,}",
    r"\blin_(?:api|oauth)_[A-Za-z0-9]{16,}",
    r"\bsntr[yu]s?_[A-Za-z0-9_=+/-]{16,}",
    r"\bcio[A-Za-z0-9]{32}\b",
    // Payments and shops.
    r"\b(?:sk|rk|pk)_(?:live|test|prod)_[A-Za-z0-9]{8,}",
    r"\bwhsec_[A-Za-z0-9+/=]{10,}",
    r"\bsq0(?:atp|csp|idp)-[A-Za-z0-9_-]{16,}",
    r"\bEAAA[A-Za-z0-9_-]{40,}",
    r"\bshp(?:at|ss|ca|pa|tka)_[A-Fa-f0-9]{16,}",
    r"\baccess_token\$(?:production|sandbox)\$[a-z0-9$]{10,}",
    r"\bEZ[AT]K[A-Za-z0-9]{16,}",
    r"\bduffel_(?:test|live)_[A-Za-z0-9_=-]{16,}",
    r"\bshippo_(?:live|test)_[a-f0-9]{16,}",
    r"\bFLW(?:SECK|PUBK)(?:_TEST)?-[A-Za-z0-9-]{10,}",
    // Talking and mail.
    r"\bxox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{8,}",
    r"\bxapp-\d-[A-Za-z0-9-]{10,}",
    r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_+-]{10,}",
    r"discord(?:app)?\.com/api/webhooks/\d+/[A-Za-z0-9_-]{10,}",
    r"[a-z0-9-]+\.webhook\.office\.com/[A-Za-z0-9@/_-]{20,}",
    r"\b[MNO][A-Za-z\d_-]{22,28}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{20,}",
    r"\b\d{8,10}:[A-Za-z0-9_-]{32,40}\b",
    r"\bSG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    r"\bkey-[0-9a-z]{32}\b",
    r"\b[0-9a-f]{32}-us\d{1,2}\b",
    r"\bx(?:keysib|smtpsib)-[A-Za-z0-9-]{16,}",
    r"\b(?:AC|SK|PK)[0-9a-f]{32}\b",
    r"\b(?:EAACEdEose0cBA|EAAG|EAAB)[A-Za-z0-9]{16,}",
    r"\bAAAA[A-Za-z0-9_-]{7}:APA91b[A-Za-z0-9_-]{20,}",
    r"\bsl\.[A-Za-z0-9_-]{40,}",
    // Models.
    r"\bsk-(?:ant-|proj-|svcacct-|admin-|or-v1-)?[A-Za-z0-9_-]{16,}",
    r"\bhf_[A-Za-z0-9]{16,}",
    r"\br8_[A-Za-z0-9]{16,}",
    r"\bgsk_[A-Za-z0-9]{16,}",
    r"\bxai-[A-Za-z0-9]{16,}",
    r"\bpplx-[A-Za-z0-9]{16,}",
    r"\bnvapi-[A-Za-z0-9_-]{16,}",
    r"\bvcp_[A-Za-z0-9]{16,}",
    // Data, watching, documents.
    r"\bdapi[a-f0-9]{32}(?:-\d)?\b",
    r"\bNR(?:AK|JS|II|IQ|RA|SP)-[A-Za-z0-9]{10,}",
    r"\bPMAK-[A-Za-z0-9-]{16,}",
    r"\bgl(?:c|sa)_[A-Za-z0-9_+/=]{16,}",
    r"\bph[cx]_[A-Za-z0-9]{16,}",
    r"\bsb[ps]_[A-Za-z0-9_]{16,}",
    r"\bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_=.-]{16,}",
    r"\bntn_[A-Za-z0-9]{16,}",
    r"\bsecret_[A-Za-z0-9]{32,}",
    r"\bfigd_[A-Za-z0-9_-]{16,}",
    r"\bCFPAT-[A-Za-z0-9_-]{16,}",
    r"\bpat[A-Za-z0-9]{14}\.[a-f0-9]{40,}",
    r"\brdme_[a-z0-9]{16,}",
    r"\bA3-[A-Z0-9]{6}-[A-Z0-9]{6,}(?:-[A-Z0-9]{5,}){3,}",
    r"\bops_[A-Za-z0-9_=-]{40,}",
    r"\bSSWS [A-Za-z0-9_-]{16,}",
    r"\bapify_api_[A-Za-z0-9]{16,}",
    r"\bpnu_[A-Za-z0-9]{16,}",
    r"\bbkua_[a-z0-9]{16,}",
    r"\bsha256~[A-Za-z0-9_-]{32,}",
    // Hashes of passwords.
    r"\$(?:2[abxy]|argon2(?:id|i|d)|5|6|y|scrypt|pbkdf2-sha\d+)\$[A-Za-z0-9./$=,+_-]{20,}",
    r"\{(?:SSHA|SHA|SMD5|CRYPT)\}[A-Za-z0-9+/=]{16,}",
    // After a scheme, whatever it looks like; and what `curl -u` is given.
    r"(?i:\b(?:bearer|basic|digest|negotiate|apikey|aws4-hmac-sha256)\s+[A-Za-z0-9+/=_.~:-]{8,})",
];

static KNOWN: LazyLock<Regex> = LazyLock::new(|| {
    // Ends of words are those of ASCII, here and wherever a stranger's text is read: those of Unicode cost a hundred times as much on
    // text of other letters.
    let pattern = FORMS.join("|").replace(r"\b", r"(?-u:\b)");
    Regex::new(&pattern).expect("tested patterns")
});
/// The name and the password before a host. A path's `@` is none.
static USERINFO: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"://([^\s/@"'<>\[\]?#]+)@"#).expect("a tested pattern"));
/// `nobody:secret@host:5432` without a scheme.
static BARE_USERINFO: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?-u:\b)[A-Za-z0-9_.-]{2,64}:([^\s/@"'<>:\[\]]{4,128})@[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+|/|(?-u:\b))"#)
        .expect("a tested pattern")
});

pub fn replace(text: &str, secret: &mut dyn FnMut(&str) -> String) -> String {
    let text = each(&KNOWN, 0, text, secret);
    let text = if text.contains("://") { each(&USERINFO, 1, &text, secret) } else { text };
    if text.contains('@') { each(&BARE_USERINFO, 1, &text, secret) } else { text }
}

/// Replaces one group of each match.
pub fn each(pattern: &Regex, group: usize, text: &str, secret: &mut dyn FnMut(&str) -> String) -> String {
    let mut out = String::new();
    let mut done = 0;
    for captures in pattern.captures_iter(text) {
        let Some(found) = captures.get(group) else { continue };
        if super::assigned::is_done(found.as_str()) {
            continue;
        }
        out.push_str(&text[done..found.start()]);
        out.push_str(&secret(found.as_str()));
        done = found.end();
    }
    if done == 0 {
        return text.to_owned();
    }
    out.push_str(&text[done..]);
    out
}
