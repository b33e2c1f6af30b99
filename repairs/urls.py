from django.urls import path

from repairs.views import (
    dashboard,
    feed,
    inventory,
    new_order,
    order_acts,
    order_fields,
    orders,
    palette,
    shops,
)

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("orders/new/", new_order.new_order, name="order-new"),
    path("orders/new/known/", new_order.known, name="order-known"),
    path("orders/<int:number>/", orders.order_page, name="order"),
    path("orders/<int:number>/field/", order_fields.edit_field, name="order-field"),
    path("orders/<int:number>/parts/", order_fields.parts, name="order-parts"),
    path("orders/<int:number>/undo/", order_acts.undo, name="order-undo"),
    path("orders/<int:number>/link/", order_acts.link, name="order-link"),
    path("orders/<int:number>/link/<int:pk>/away/", order_acts.unlink, name="order-unlink"),
    path("orders/<int:number>/label/", order_acts.label, name="order-label"),
    path("orders/<int:number>/status/", orders.change_status, name="order-status"),
    path("orders/<int:number>/note/", orders.add_note, name="order-note"),
    path("orders/<int:number>/sheet/", orders.put_on_sheet, name="order-sheet"),
    path("shops/", shops.shop_list, name="shops"),
    path("shops/new/", shops.new_shop, name="shop-new"),
    path("shops/<int:pk>/", shops.shop_page, name="shop"),
    path("shops/<int:pk>/merge/", shops.merge, name="shop-merge"),
    path("feed/", feed.feed, name="feed"),
    path("feed/<int:number>/", feed.act, name="feed-act"),
    path("palette/", palette.show, name="palette"),
    path("inventory/", inventory.inventory, name="inventory"),
    path("inventory/<int:pk>/", inventory.item_page, name="inventory-item"),
]
