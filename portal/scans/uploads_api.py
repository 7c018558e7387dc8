"""Files that come in pieces, over tus 1.0 (https://tus.io/protocols/resumable-upload): any tus client can send one."""

from typing import IO, Any, ClassVar

from django.db.models import QuerySet
from django.http import UnreadablePostError
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from inference.imaging import MAX_BYTES

from . import uploads
from .models import Upload

TUS = "1.0.0"
PIECE = "application/offset+octet-stream"
HEADERS = {"Tus-Resumable": TUS, "Cache-Control": "no-store"}
ABLE = {"Tus-Version": TUS, "Tus-Extension": "creation,expiration,termination", "Tus-Max-Size": str(MAX_BYTES)}


def _header(name: str, about: str, kind: Any = int, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, required=True, description=about, **more)


RESUMABLE = _header("Tus-Resumable", "The protocol's version.", str, enum=[TUS])
WHERE = OpenApiResponse(description="`Upload-Offset`: how many bytes are here; `Upload-Length`: of how many.")


class PieceParser(BaseParser):
    """The body as it is."""

    media_type = PIECE

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> bytes:  # type: ignore[override]
        try:
            return stream.read(MAX_BYTES + 1)
        except UnreadablePostError as error:
            words = _("The connection broke off. Ask how much is here, and go on from there.")
            raise uploads.UploadError("broken_off", words) from error


class UploadViewSet(viewsets.GenericViewSet):
    """A picture in pieces, so that a lost connection costs one of them. Name its id as `upload` when you ask for an analysis."""

    queryset = Upload.objects.none()
    serializer_class = Serializer  # of nothing: headers say it all
    parser_classes = [PieceParser]
    filter_backends = []
    pagination_class = None
    throttle_scope: str | None = None
    problems: ClassVar = {"create": ["412", "413"], "partial_update": ["412"], "destroy": ["412"]}

    def get_throttles(self) -> list[Any]:
        self.throttle_scope = "upload" if self.action == "create" else None
        return super().get_throttles()

    def get_queryset(self) -> QuerySet[Upload]:
        return Upload.objects.visible_to(self.request.user)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in ("OPTIONS", "GET") and request.headers.get("Tus-Resumable") != TUS:
            words = _("Send Tus-Resumable: {version}. This address speaks tus, {version}.").format(version=TUS)
            raise uploads.UploadError("wrong_protocol", words)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    @extend_schema(
        summary="Announce a file that will come in pieces (tus: creation)",
        request=None,
        parameters=[RESUMABLE, _header("Upload-Length", f"Its bytes, at most {MAX_BYTES}.")],
        responses={201: OpenApiResponse(description="`Location`: where the pieces go, by PATCH.")},
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        upload = uploads.begin(owner=request.user, length=_number(request, "Upload-Length"))
        location = reverse("v1:upload-detail", args=[upload.pk])
        return Response(status=201, headers={"Location": location, **_where(upload)})

    @extend_schema(summary="How much of it is here (HEAD says the same)", responses={200: WHERE})
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return Response(headers=_where(self.get_object()))

    @extend_schema(
        summary="Send the next piece",
        request={PIECE: OpenApiTypes.BINARY},
        parameters=[RESUMABLE, _header("Upload-Offset", "Where it begins: at the end of what is here.")],
        responses={204: WHERE},
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        upload = self.get_object()
        offset = _number(request, "Upload-Offset")
        piece = request.data if isinstance(request.data, bytes) else b""
        return Response(status=204, headers=_where(uploads.append(upload=upload, offset=offset, data=piece)))

    @extend_schema(summary="Throw it away (tus: termination)", parameters=[RESUMABLE])
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        uploads.throw_away(self.get_object())
        return Response(status=204)

    @extend_schema(exclude=True)
    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        return Response(status=204, headers=ABLE)


def _where(upload: Upload) -> dict[str, str]:
    expires = upload.expires_at.strftime("%a, %d %b %Y %H:%M:%S GMT")  # RFC 9110, 5.6.7
    return {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.length), "Upload-Expires": expires}


def _number(request: Request, header: str) -> int:
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdigit() and len(value) < 12):
        raise uploads.UploadError("bad_header", _("{header} has to be a whole number of bytes.").format(header=header))
    return int(value)
