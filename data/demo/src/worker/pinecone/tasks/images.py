from celery import shared_task
from PIL import Image

from pinecone.storage import open_original, save_variant

WIDTHS = (320, 640, 1280, 2560)


@shared_task(name="images.make_variants")
def make_variants(sku: str, path: str) -> None:
    with open_original(path) as original:
        image = Image.open(original)
        for width in WIDTHS:
            save_variant(sku, width, shrink(image, width))


def shrink(image: Image.Image, width: int) -> Image.Image:
    height = round(image.height * width / image.width)
    return image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
