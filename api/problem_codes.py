"""The stable code of every kind of problem; `problem_kinds` says what each means."""

from enum import StrEnum


class ProblemCode(StrEnum):
    """A stable code; clients may depend on it, the sentence beside it may change."""

    BAD_REQUEST = "bad_request"
    INVALID_JSON = "invalid_json"
    TOKEN_MISSING = "token_missing"  # noqa: S105 - a code, not a password
    TOKEN_INVALID = "token_invalid"  # noqa: S105
    TOKEN_EXPIRED = "token_expired"  # noqa: S105
    TOKEN_ENDED = "token_ended"  # noqa: S105
    SIGN_IN_FAILED = "sign_in_failed"
    MEMBER_SUSPENDED = "member_suspended"
    FORM_TOKEN_WRONG = "form_token_wrong"  # noqa: S105
    NOT_PERMITTED = "not_permitted"
    PASSWORD_WRONG = "password_wrong"  # noqa: S105 - a code, not a password
    NOT_FOUND = "not_found"
    SESSION_NOT_FOUND = "session_not_found"
    BOOKING_NOT_FOUND = "booking_not_found"
    BOOKING_NOT_CONFIRMED = "booking_not_confirmed"
    COMMAND_NOT_FOUND = "command_not_found"
    MEMBER_NOT_FOUND = "member_not_found"
    MEMBER_OUT_OF_REACH = "member_out_of_reach"
    MEMBER_HAS_PASSWORD = "member_has_password"  # noqa: S105 - a code, not a password
    MEMBER_WITHOUT_EMAIL = "member_without_email"
    MEMBER_IS_GUEST = "member_is_guest"
    LAST_OWNER = "last_owner"
    PASS_NOT_FOUND = "pass_not_found"  # noqa: S105 - a code, not a password
    PASS_TYPE_NOT_FOUND = "pass_type_not_found"  # noqa: S105
    PASS_TYPE_SOLD = "pass_type_sold"  # noqa: S105
    PASS_UNFIT = "pass_unfit"  # noqa: S105
    PASS_REQUEST_NOT_FOUND = "pass_request_not_found"  # noqa: S105
    PASS_REQUEST_OPEN = "pass_request_open"  # noqa: S105
    PASS_REQUEST_ANSWERED = "pass_request_answered"  # noqa: S105
    ENTRY_NOT_FOUND = "entry_not_found"
    SERIES_NOT_FOUND = "series_not_found"
    PUSH_SUBSCRIPTION_NOT_FOUND = "push_subscription_not_found"
    PUSH_NOT_AVAILABLE = "push_not_available"
    PASSWORD_LINK_NOT_VALID = "password_link_not_valid"  # noqa: S105
    METHOD_NOT_ALLOWED = "method_not_allowed"
    REFUSED = "refused"
    SCHEDULE_CONFLICT = "schedule_conflict"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    INVALID_INPUT = "invalid_input"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    TOO_MANY_REQUESTS = "too_many_requests"
    INTERNAL_ERROR = "internal_error"
    COMMAND_FAILED = "command_failed"
    DATABASE_UNAVAILABLE = "database_unavailable"
    BACKLOG_FULL = "backlog_full"
    SERVER_BUSY = "server_busy"
    NOT_READY = "not_ready"
