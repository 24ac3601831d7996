"""The addresses of audits."""

from django.urls import path

from ccp.audits.views import check, draws

urlpatterns = [
    path("check/", check.audit_check, name="audit-check"),
    path("draws/", draws.draw_list, name="draw-list"),
    path("draws/<int:year>/", draws.draw_detail, name="draw-detail"),
    path("draws/<int:year>/files/<str:name>", draws.draw_file, name="draw-file"),
    path("draws/<int:year>/mine/", draws.draw_line, name="draw-line"),
]
