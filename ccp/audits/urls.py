"""The addresses of audits."""

from django.urls import path

from ccp.audits.views import cases, check, draws, letters

urlpatterns = [
    path("", cases.audit_list, name="audit-list"),
    path("<int:pk>/", cases.audit_detail, name="audit-detail"),
    path("<int:pk>/entries/<int:activity>/files/", cases.audit_attach, name="audit-attach"),
    path("<int:pk>/entries/<int:activity>/missing/", cases.audit_missing, name="audit-missing"),
    path("<int:pk>/message/", cases.audit_message, name="audit-message"),
    path("<int:pk>/extension/", cases.audit_extension, name="audit-extension"),
    path("<int:pk>/submit/", cases.audit_submit, name="audit-submit"),
    path("<int:pk>/appeal/", cases.audit_appeal, name="audit-appeal"),
    path("<int:pk>/letters/<int:letter>/", letters.audit_letter, name="audit-letter"),
    path("check/", check.audit_check, name="audit-check"),
    path("draws/", draws.draw_list, name="draw-list"),
    path("draws/<int:year>/", draws.draw_detail, name="draw-detail"),
    path("draws/<int:year>/files/<str:name>", draws.draw_file, name="draw-file"),
    path("draws/<int:year>/mine/", draws.draw_line, name="draw-line"),
]
