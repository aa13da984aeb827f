"""Every kind of problem: its status and the sentence that says what to do, by its code; `openapi` documents it."""

from dataclasses import dataclass
from http import HTTPStatus

from api.problem_codes import ProblemCode
from domain.refusals import SENTENCES, RefusalReason


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """What all problems of one code share; the sentence is the detail unless a more exact one is given."""

    status: HTTPStatus
    title: str
    sentence: str


PROBLEMS: dict[ProblemCode, ProblemKind] = {
    ProblemCode.BAD_REQUEST: ProblemKind(
        HTTPStatus.BAD_REQUEST, "The request is malformed", "The request cannot be understood; compare it with /docs."
    ),
    ProblemCode.INVALID_JSON: ProblemKind(
        HTTPStatus.BAD_REQUEST,
        "The body is not JSON",
        "The body cannot be read as JSON; send one JSON object in UTF-8.",
    ),
    ProblemCode.TOKEN_MISSING: ProblemKind(
        HTTPStatus.UNAUTHORIZED,
        "Sign in first",
        "This needs an access token; get one from POST /v1/tokens and send it as `Authorization: Bearer <token>`.",
    ),
    ProblemCode.TOKEN_INVALID: ProblemKind(
        HTTPStatus.UNAUTHORIZED,
        "The access token is not valid",
        "The access token was not issued here or has been changed; sign in again with POST /v1/tokens.",
    ),
    ProblemCode.TOKEN_EXPIRED: ProblemKind(
        HTTPStatus.UNAUTHORIZED,
        "The access token has expired",
        "The access token has expired; sign in again with POST /v1/tokens.",
    ),
    ProblemCode.TOKEN_ENDED: ProblemKind(
        HTTPStatus.UNAUTHORIZED,
        "The access token was ended",
        "You were signed out everywhere or have a new password since the access token was issued; sign in again.",
    ),
    ProblemCode.SIGN_IN_FAILED: ProblemKind(
        HTTPStatus.UNAUTHORIZED,
        "Sign-in failed",
        "E-mail address and password do not belong together; check both and try again.",
    ),
    ProblemCode.MEMBER_SUSPENDED: ProblemKind(
        HTTPStatus.UNAUTHORIZED,
        "You are suspended",
        "The studio has suspended your membership; what you booked before still counts. Ask the studio about it.",
    ),
    ProblemCode.FORM_TOKEN_WRONG: ProblemKind(
        HTTPStatus.FORBIDDEN,
        "The request is not from a page of this sign-in",
        "A browser's cookie alone changes nothing; send your page's form token as `X-Form-Token`, from that page.",
    ),
    ProblemCode.NOT_PERMITTED: ProblemKind(
        HTTPStatus.FORBIDDEN,
        "This is not for you",
        "Your role in the studio does not let you do this; sign in as somebody whose role does.",
    ),
    ProblemCode.PASSWORD_WRONG: ProblemKind(
        HTTPStatus.FORBIDDEN,
        "The password is wrong",
        "`current_password` is not your password at present; send the one you sign in with.",
    ),
    ProblemCode.NOT_FOUND: ProblemKind(
        HTTPStatus.NOT_FOUND, "There is nothing here", "Nothing answers at this address; see /docs for those that do."
    ),
    ProblemCode.SESSION_NOT_FOUND: ProblemKind(
        HTTPStatus.NOT_FOUND, "No such session", SENTENCES[RefusalReason.SESSION_NOT_FOUND]
    ),
    ProblemCode.BOOKING_NOT_FOUND: ProblemKind(
        HTTPStatus.NOT_FOUND, "No such booking", "There is no such booking; see your bookings at /v1/me/bookings."
    ),
    ProblemCode.BOOKING_NOT_CONFIRMED: ProblemKind(
        HTTPStatus.CONFLICT,
        "The booking has no place",
        "Only a booking with a place can be checked in; this one waits or is cancelled, see the session's roster.",
    ),
    ProblemCode.COMMAND_NOT_FOUND: ProblemKind(
        HTTPStatus.NOT_FOUND, "No such command", "You have given no such command; use the id of the answer to it."
    ),
    ProblemCode.MEMBER_NOT_FOUND: ProblemKind(
        HTTPStatus.NOT_FOUND,
        "No such member",
        "There is no such member, or none any more; look for them at /v1/staff/members.",
    ),
    ProblemCode.MEMBER_OUT_OF_REACH: ProblemKind(
        HTTPStatus.FORBIDDEN,
        "Your role does not reach that far",
        "Admins change trainers and members, owners everybody, and nobody their own role; ask an owner to do it.",
    ),
    ProblemCode.MEMBER_HAS_PASSWORD: ProblemKind(
        HTTPStatus.CONFLICT,
        "The member has a password",
        "Only who has no password is invited; who has forgotten theirs asks for a new one at /password-reset.",
    ),
    ProblemCode.MEMBER_WITHOUT_EMAIL: ProblemKind(
        HTTPStatus.CONFLICT,
        "The guest has no e-mail address",
        "An invitation is mailed; give the guest an e-mail address first, with PATCH /v1/staff/members/{id}.",
    ),
    ProblemCode.MEMBER_IS_GUEST: ProblemKind(
        HTTPStatus.CONFLICT,
        "The member is a guest",
        "A guest has no account and so no other role; invite them, and change it once they have a password.",
    ),
    ProblemCode.LAST_OWNER: ProblemKind(
        HTTPStatus.CONFLICT,
        "This is the last owner",
        "A studio always keeps one owner who can sign in; make somebody else an owner first.",
    ),
    ProblemCode.PASS_NOT_FOUND: ProblemKind(
        HTTPStatus.NOT_FOUND,
        "No such pass",
        "There is no such pass, or its member is gone; see the member's passes at /v1/staff/members/{id}/passes.",
    ),
    ProblemCode.PASS_TYPE_NOT_FOUND: ProblemKind(
        HTTPStatus.NOT_FOUND, "No such type of pass", "There is no such type of pass; see /v1/staff/pass-types."
    ),
    ProblemCode.PASS_TYPE_SOLD: ProblemKind(
        HTTPStatus.CONFLICT,
        "Passes were sold under this name",
        "A pass keeps the name it was sold under; stop offering this type and make another one.",
    ),
    ProblemCode.PASS_UNFIT: ProblemKind(
        HTTPStatus.CONFLICT,
        "The pass does not take this",
        "The pass cannot be granted or extended like this; look at it again, and see what it still needs.",
    ),
    ProblemCode.PASS_REQUEST_NOT_FOUND: ProblemKind(
        HTTPStatus.NOT_FOUND,
        "No such request for a pass",
        "There is no such request, or its member is gone; see /v1/me/pass-requests, as staff /v1/staff/pass-requests.",
    ),
    ProblemCode.PASS_REQUEST_OPEN: ProblemKind(
        HTTPStatus.CONFLICT,
        "You have asked for this pass already",
        "The studio has not answered your request for such a pass yet; wait for the answer, or withdraw the request.",
    ),
    ProblemCode.PASS_REQUEST_ANSWERED: ProblemKind(
        HTTPStatus.CONFLICT,
        "The request is answered already",
        "The request was granted, declined or withdrawn before; look at it again, it says by whom and when.",
    ),
    ProblemCode.ENTRY_NOT_FOUND: ProblemKind(
        HTTPStatus.NOT_FOUND,
        "The catalogue has no such thing",
        "The catalogue has nothing with this id; see /v1/staff/trainings, /v1/staff/trainers and /v1/staff/spaces.",
    ),
    ProblemCode.SERIES_NOT_FOUND: ProblemKind(
        HTTPStatus.NOT_FOUND, "No such series", "There is no such series; see /v1/staff/series."
    ),
    ProblemCode.PUSH_SUBSCRIPTION_NOT_FOUND: ProblemKind(
        HTTPStatus.NOT_FOUND,
        "No such device",
        "You have no such device; see those you have at /v1/me/push-subscriptions.",
    ),
    ProblemCode.PUSH_NOT_AVAILABLE: ProblemKind(
        HTTPStatus.NOT_FOUND,
        "Push is not available",
        "This studio does not push; the operator sets SEATLINE_VAPID_PRIVATE_KEY to make it.",
    ),
    ProblemCode.PASSWORD_LINK_NOT_VALID: ProblemKind(
        HTTPStatus.NOT_FOUND,
        "The link does not hold",
        "This link was used, has expired or is not whole; ask for a new one with POST /v1/password-resets.",
    ),
    ProblemCode.METHOD_NOT_ALLOWED: ProblemKind(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "The method is not allowed here",
        "This address does not answer this method; the Allow header names those it does.",
    ),
    ProblemCode.REFUSED: ProblemKind(
        HTTPStatus.CONFLICT, "The rules say no", "The command was refused; `reasons` says why and what to do."
    ),
    ProblemCode.SCHEDULE_CONFLICT: ProblemKind(
        HTTPStatus.CONFLICT,
        "The space or the trainer is taken",
        "Another session is there at that time; `conflicts` names it. Choose another time, space or trainer.",
    ),
    ProblemCode.BODY_TOO_LARGE: ProblemKind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The body is too large",
        "The body is larger than this server reads; no request needs that much.",
    ),
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: ProblemKind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The body is not declared as JSON",
        "Send the body as JSON with the header `Content-Type: application/json`.",
    ),
    ProblemCode.INVALID_INPUT: ProblemKind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The input is not valid",
        "Something in the input is not valid; `errors` names each field and what to change.",
    ),
    ProblemCode.IDEMPOTENCY_KEY_REUSED: ProblemKind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The idempotency key was used for something else",
        "You have used this Idempotency-Key for another command; send a new key with a new command.",
    ),
    ProblemCode.TOO_MANY_ATTEMPTS: ProblemKind(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many attempts",
        "Too many attempts; wait as many seconds as the Retry-After header says, then try again.",
    ),
    ProblemCode.TOO_MANY_REQUESTS: ProblemKind(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests",
        "One member may not ask so much; after Retry-After seconds send it again, with the same Idempotency-Key.",
    ),
    ProblemCode.INTERNAL_ERROR: ProblemKind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong here",
        "This is a fault of the server, not of your request; try again, and tell the studio if it stays.",
    ),
    ProblemCode.COMMAND_FAILED: ProblemKind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The command failed",
        "A fault of the server ended this command and nothing of it was carried out; give it again.",
    ),
    ProblemCode.DATABASE_UNAVAILABLE: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database does not answer",
        "The database does not answer at the moment; try again shortly, with the same Idempotency-Key if you sent one.",
    ),
    ProblemCode.BACKLOG_FULL: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too much is waiting",
        "Too much waits: this was not taken; after Retry-After seconds send it again, with the same Idempotency-Key.",
    ),
    ProblemCode.SERVER_BUSY: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too many are asking at once",
        "Nobody has looked at this request; after Retry-After seconds send it again, with the same Idempotency-Key.",
    ),
    ProblemCode.NOT_READY: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE, "Not ready", "A server that Seatline needs does not answer; `errors` names it."
    ),
}

HEADERS_OF_STATUS: dict[HTTPStatus, dict[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Bearer realm="seatline"'},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "2"},
}
